// Servers that let nobody in, or are of another age: as much of each protocol as a client hears before it
// gives up.
import type { Host } from './address.ts'

const natsInfo = (more: object): string =>
  `INFO ${JSON.stringify({ server_id: 'x', max_payload: 1_048_576, headers: true, ...more })}\r\n`

export function natsOf(version: string): Host {
  return (client) => {
    client.write(natsInfo({ version }))
    client.on('data', (bytes) => {
      if (bytes.includes('PING')) client.write('PONG\r\n')
    })
  }
}

export const refusingNats: Host = (client) => {
  client.write(natsInfo({ version: '2.10.0', auth_required: true }))
  client.on('data', () => client.end("-ERR 'Authorization Violation'\r\n"))
}

/** Each command is an array of words; only INFO has an answer of its own. */
function redisThatSays(info: string, otherwise: string): Host {
  return (client) => {
    client.on('data', (bytes) => {
      for (const command of bytes.toString().split(/^\*/mu).slice(1)) {
        client.write(/info\r\n/iu.test(command) ? info : otherwise)
      }
    })
  }
}

export function redisOf(version: string): Host {
  const info = `redis_version:${version}\r\nloading:0\r\n`
  return redisThatSays(`$${info.length}\r\n${info}\r\n`, '+OK\r\n')
}

const noAuth = '-NOAUTH Authentication required.\r\n'
export const refusingRedis: Host = redisThatSays(noAuth, noAuth)

/** A message of PostgreSQL's protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), length, body])
}

const letIn = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', 'I')])

export const refusingPostgres: Host = (client) => {
  client.once('data', () => {
    client.end(
      message('E', 'SFATAL\0', 'C28P01\0', 'Mpassword authentication failed for user "a"\0', '\0'),
    )
  })
}

/** Answers any question with its number, as the one integer column of one row. */
export function postgresOf(version: number): Host {
  const answer = Buffer.concat([
    // One field: its name, no table, an `integer` of four bytes, as text.
    message('T', '\0\x01version\0', '\0\0\0\0\0\0', '\0\0\0\x17\0\x04', '\0\0\0\0\0\0'),
    message('D', '\0\x01', '\0\0\0\x02', String(version)),
    message('C', 'SELECT 1\0'),
    message('Z', 'I'),
  ])
  return (client) => {
    client.once('data', () => {
      client.write(letIn)
      client.on('data', (asked) => {
        // A question; anything else is the good-bye.
        if (asked[0] === 'Q'.charCodeAt(0)) client.write(answer)
        else client.end()
      })
    })
  }
}
