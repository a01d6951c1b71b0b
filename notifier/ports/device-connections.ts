// Which devices are connected, over all gateways.

/** How often each key is held, in their order. @throws where that cannot be known just now */
export interface DeviceConnections {
  held(keys: readonly string[]): Promise<readonly number[]>
}
