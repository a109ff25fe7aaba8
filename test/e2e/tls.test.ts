/** HTTPS of its own, without a proxy. The listener knows no store, so one engine stands for both. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { serveProcess } from '../harness/process.ts'
import { startServer } from '../harness/running.ts'

let directory: string
const path = (name: string) => join(directory, name)

function certificate(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
      ...files,
    ],
    { stdio: 'ignore' },
  )
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-tls-'))
  certificate('first')
  certificate('second')
  install('first')
})
afterAll(() => rmSync(directory, { recursive: true }))

function install(name: string): void {
  copyFileSync(path(`${name}.crt`), path('live.crt'))
  copyFileSync(path(`${name}.key`), path('live.key'))
}

/** Status of GET, and whose certificate was shown. */
function ask(url: string, trusted: string): Promise<{ status: number; name: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca: readFileSync(path(`${trusted}.crt`)), agent: false }, (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate()
      resolve({ status: response.resume().statusCode ?? 0, name: String(subject.CN) })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** The HEALTHCHECK of the Dockerfile, asking this address with these settings. @returns its exit code */
async function healthCheck(url: string): Promise<number | null> {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const [, command = ''] = /^HEALTHCHECK [\s\S]*?CMD (\[.*\])$/m.exec(dockerfile) ?? []
  const [program = '', ...args] = JSON.parse(command) as string[]
  const env = { PATH: process.env.PATH, PORT: new URL(url).port, ROLLCALL_TLS_CERT: path('live.crt') }
  const [code] = (await once(spawn(program, args, { env, stdio: 'ignore' }), 'exit')) as [number | null]
  return code
}

describe('HTTPS', () => {
  const settings = () => ({ ROLLCALL_TLS_CERT: path('live.crt'), ROLLCALL_TLS_KEY: path('live.key') })

  it('is spoken with ROLLCALL_TLS_CERT and ROLLCALL_TLS_KEY, and only it, by the image’s health check too', async () => {
    const server = await startServer(settings())
    expect(server.url).toMatch(/^https:/)
    expect(await ask(`${server.url}/health`, 'first')).toEqual({ status: 200, name: 'first' })
    await expect(fetch(server.url.replace('https', 'http'))).rejects.toThrow()
    expect(await healthCheck(server.url)).toBe(0)
    await server.stop()
    expect(await healthCheck(server.url)).toBe(1)
  })

  it('shows a renewed certificate after SIGHUP, without a restart, and keeps the old one when the new is broken', async () => {
    const served = await serveProcess(path('data'), settings())
    expect((await ask(`${served.url}/health`, 'first')).name).toBe('first')
    rmSync(path('live.key'))
    served.process.kill('SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await ask(`${served.url}/health`, 'first')).name).toBe('first')
    install('second')
    served.process.kill('SIGHUP')
    await expect
      .poll(async () => (await ask(`${served.url}/health`, 'second').catch(() => null))?.name)
      .toBe('second')
    await served.end('SIGTERM')
    install('first')
  })

  it.each([
    ['ROLLCALL_TLS_CERT', 'ROLLCALL_TLS_KEY'],
    ['ROLLCALL_TLS_KEY', 'ROLLCALL_TLS_CERT'],
  ])('is not half configured: %s without %s stops the start', (given, missing) => {
    expect(() => loadConfig({ [given]: '/x.pem' })).toThrow(
      `${missing}: HTTPS needs the certificate and its key`,
    )
  })
})
