// The settings of the embedded server. Given on its command line, so that data made by an earlier version
// runs with those of this one.

/** `full`: what was committed survives a power cut. `none`: faster, for data nobody will miss (tests). */
export type Durability = 'full' | 'none'

/** Where the server listens, and nowhere else: at a socket in a folder, or at a TCP port of 127.0.0.1. */
export type Door = { readonly socketFolder: string } | { readonly port: number }

export interface SettingsOptions {
  readonly door: Door
  readonly durability: Durability
  /** Default: 100, PostgreSQL's own. */
  readonly connectionsMax?: number
}

export function serverSettings(options: SettingsOptions): Readonly<Record<string, string>> {
  const { door, durability, connectionsMax = 100 } = options
  const onDisk = durability === 'full' ? 'on' : 'off'
  return {
    ...doorSettings(door),
    max_connections: String(connectionsMax),
    password_encryption: 'scram-sha-256',

    fsync: onDisk,
    synchronous_commit: onDisk,
    full_page_writes: onDisk,

    // For a laptop: the hot rows fit in memory many times over, and a checkpoint is due once in a while
    // rather than in the middle of every sale.
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // There is no standby, so the log need only serve recovery.
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Our statements take microseconds; compiling one would take longer than running it.
    jit: 'off',

    // A client that hangs inside a transaction holds a lot's row: nobody could bid.
    idle_in_transaction_session_timeout: '60s',
    timezone: 'UTC',

    // Errors go to the client who made them, who logs what is fit to be logged. Here only the server's own
    // affairs, without the text or the values of a statement: they hold bidders' secret maxima.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_line_prefix: '',
    lc_messages: 'C',
  }
}

function doorSettings(door: Door): Readonly<Record<string, string>> {
  if ('port' in door) {
    return {
      listen_addresses: '127.0.0.1',
      port: String(door.port),
      unix_socket_directories: '',
    }
  }
  return {
    listen_addresses: '',
    unix_socket_directories: door.socketFolder,
    unix_socket_permissions: '0700',
  }
}
