// An S3-compatible object store. Devices put and fetch the bytes there, by links it verifies itself.
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { assert } from '../assert.ts'
import type { Clock } from '../clock.ts'
import { contentDisposition } from './content-disposition.ts'
import { downloadLinkMs, storeAnswerMs, storeAttemptsMax, uploadLinkMs } from './limits.ts'
import { isObjectKey, type ObjectStore } from './object-store.ts'

export interface S3Settings {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** The bucket in the path and not in the host's name, as most stores but Amazon's want it. */
  readonly pathStyle: boolean
}

export interface S3ObjectStore extends ObjectStore {
  close(): void
}

/** @throws Error for a key that is none; from each method the store's error. */
export function createS3ObjectStore(settings: S3Settings, clock: Clock): S3ObjectStore {
  const { bucket: Bucket } = settings
  const client = clientOf(settings)
  const at = (key: string): { readonly Bucket: string; readonly Key: string } => {
    assert(isObjectKey(key), 'a key is of the form that all stores know')
    return { Bucket, Key: key }
  }
  const isThere = async (key: string): Promise<boolean> =>
    (await undefinedWhereMissing(client.send(new HeadObjectCommand(at(key))))) !== undefined

  return {
    async signUpload(key, { bytes, contentType }) {
      const put = new PutObjectCommand({
        ...at(key),
        ContentType: contentType,
        ContentLength: bytes,
      })
      const signed = await signedUrl(uploadLinkMs, (expiry) =>
        getSignedUrl(client, put, {
          ...expiry,
          // Signed as headers: the store refuses a PUT of another type or length.
          signableHeaders: new Set(['content-type', 'content-length', 'host']),
        }),
      )
      return { ...signed, headers: { 'content-type': contentType } }
    },
    async signDownload(key, as) {
      const get = new GetObjectCommand({
        ...at(key),
        ResponseContentType: as.contentType,
        ResponseContentDisposition: contentDisposition(as),
      })
      return await signedUrl(downloadLinkMs, (expiry) => getSignedUrl(client, get, expiry))
    },
    async inspect(key, startBytesMax) {
      const Range = `bytes=0-${startBytesMax - 1}`
      const get = new GetObjectCommand({ ...at(key), Range })
      const found = await undefinedWhereMissing(client.send(get))
      if (found === undefined) return undefined
      if (found.Body === undefined) return { bytes: 0, start: new Uint8Array() }
      const start = await found.Body.transformToByteArray()
      return { bytes: wholeBytes(found), start: start.subarray(0, startBytesMax) }
    },
    async move(from, to) {
      if (!(await isThere(to))) {
        const copy = new CopyObjectCommand({ ...at(to), CopySource: `${Bucket}/${at(from).Key}` })
        if ((await undefinedWhereMissing(client.send(copy))) === undefined) return false
      } else if (!(await isThere(from))) {
        return false
      }
      await client.send(new DeleteObjectCommand(at(from)))
      return true
    },
    async remove(key) {
      await undefinedWhereMissing(client.send(new DeleteObjectCommand(at(key))))
    },
    close: () => client.destroy(),
  }

  async function signedUrl(
    lifeMs: number,
    sign: (expiry: { expiresIn: number; signingDate: Date }) => Promise<string>,
  ): Promise<{ readonly url: string; readonly expiresAtMs: number }> {
    const nowMs = clock.nowMs()
    const url = await sign({ expiresIn: lifeMs / 1_000, signingDate: new Date(nowMs) })
    return { url, expiresAtMs: nowMs + lifeMs }
  }
}

function clientOf(settings: S3Settings): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, pathStyle } = settings
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: pathStyle,
    maxAttempts: storeAttemptsMax,
    requestHandler: { connectionTimeout: storeAnswerMs, requestTimeout: storeAnswerMs },
    // Not every store knows Amazon's newer checksums, and a device that puts an object has none.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** Of the whole object, where only its start was fetched. */
function wholeBytes(found: {
  readonly ContentRange?: string | undefined
  readonly ContentLength?: number | undefined
}): number {
  const [, total] = /\/(\d+)$/.exec(found.ContentRange ?? '') ?? []
  return total === undefined ? (found.ContentLength ?? 0) : Number(total)
}

async function undefinedWhereMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) {
      return undefined
    }
    throw error
  }
}
