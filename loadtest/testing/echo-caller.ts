// Forked by a test: says so many bytes to the server at an address, and tells what came back and how it ended.
import { endpointOf, LightSocket } from '../client/light-socket.ts'

const [, , url = '', bytes = '0'] = process.argv

class Caller extends LightSocket {
  #echoed = 0

  call(): void {
    this.open(endpointOf(url, 'json'))
  }

  protected override opened(): void {
    this.send('x'.repeat(Number(bytes)))
  }

  protected override received(message: Buffer): void {
    this.#echoed += message.length
    this.close()
  }

  protected override ended(code: number, reason: string): void {
    process.send?.({ echoed: this.#echoed, code, reason }, undefined, {}, () =>
      process.disconnect(),
    )
  }
}

new Caller().call()
