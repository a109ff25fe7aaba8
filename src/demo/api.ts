/** A small client of /api/v1: what an administrator's or an LMS plugin's script would do. */

export interface Api {
  get<T>(path: string, query?: Readonly<Record<string, string>>): Promise<T>
  send<T>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<T>
}

/** What went wrong, in a sentence for whoever started the demo. */
export class DemoError extends Error {}

/** @param authorization the header's value */
export function createApi(address: string, authorization: string): Api {
  return {
    get: (path, query = {}) => {
      const search = new URLSearchParams(query).toString()
      return ask(`${address}/api/v1${path}${search && `?${search}`}`, { headers: { authorization } })
    },
    send: (method, path, body) =>
      ask(`${address}/api/v1${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}

/** Signs in with e-mail and password. */
export async function signIn(
  address: string,
  { email, password }: { email: string; password: string },
): Promise<Api> {
  const { token } = await createApi(address, '').send<{ token: string }>('POST', '/session', {
    email,
    password,
  })
  return createApi(address, `Bearer ${token}`)
}

export function basic({ key, secret }: { key: string; secret: string }): string {
  return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (response.ok) return JSON.parse(text) as T
  throw new DemoError(
    `${init.method ?? 'GET'} ${new URL(url).pathname} was refused: ${reasonIn(text, response.status)}`,
  )
}

/** The detail and the faults of a problem document (RFC 9457), else the status. */
function reasonIn(text: string, status: number): string {
  try {
    const { detail, errors = [] } = JSON.parse(text) as {
      detail?: string
      errors?: { path: string; message: string }[]
    }
    const faults = errors.map(({ path, message }) => `${path}: ${message}`)
    return [detail ?? `status ${status}`, ...faults].join('; ')
  } catch {
    return `status ${status}`
  }
}
