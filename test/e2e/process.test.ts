/** The process as its operator meets it: start, stop, a second one, commands while it runs. */
import { once } from 'node:events'
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { newDirectory, removeDirectory } from '../harness/mongo.ts'
import { runCli, serveProcess } from '../harness/process.ts'
import { EMAIL, KEY, LEARNER, learner, statement } from '../harness/running.ts'

let directory: string
beforeEach(() => {
  directory = newDirectory('process')
})
afterEach(async () => {
  await removeDirectory(directory)
})

describe('start', () => {
  it('prints administrator and credential at the first start, and never again', async () => {
    const first = await serveProcess(directory)
    expect(first.output.join('\n')).toContain(EMAIL)
    expect(first.output.join('\n')).toContain(KEY)
    await first.end('SIGTERM')
    const second = await serveProcess(directory)
    expect(second.output.join('\n')).not.toContain(KEY)
    await second.end('SIGTERM')
  })

  it('shows what the first start made even if the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const first = await runCli(directory, 'serve', `PORT=${port}`)
    taken.close()
    expect([first.code, first.output]).toEqual([1, expect.stringContaining(`key ${KEY}`)])
  })

  it('takes flags that concern the memory of the whole process', async () => {
    const served = await serveProcess(directory, {}, ['--max-old-space-size=512', '--max-semi-space-size=16'])
    expect((await served.post(statement())).status).toBe(200)
    await served.end('SIGTERM')
  })

  it('survives a request on its control socket that is no order', async () => {
    const served = await serveProcess(directory)
    const outgoing = request({ socketPath: join(directory, 'control.sock'), method: 'POST' })
    outgoing.end('{bad')
    await once(outgoing, 'error')
    expect((await served.post(statement())).status).toBe(200)
    await served.end('SIGTERM')
  })

  if (inject('store') === 'sqlite') {
    it('refuses a second process on the same data directory with one sentence', async () => {
      const first = await serveProcess(directory)
      const second = await runCli(directory, 'serve')
      expect(second.code).toBe(1)
      expect(second.output.trim().split('\n')).toHaveLength(1)
      expect(second.output).toContain(directory)
      expect((await first.post(statement())).status).toBe(200)
      await first.end('SIGTERM')
    })
  } else {
    it('lets several processes share a database: each sees what the others store', async () => {
      const served = await Promise.all([serveProcess(directory), serveProcess(directory)])
      const one = statement()
      expect((await served[0]?.post(one))?.status).toBe(200)
      expect((await served[1]?.get(`statementId=${one.id}`))?.status).toBe(200)
      for (const process of served) await process.end('SIGTERM')
    })
  }

  it('starts at once after kill -9', async () => {
    const first = await serveProcess(directory)
    await first.end('SIGKILL')
    const second = await serveProcess(directory)
    expect((await second.post(statement())).status).toBe(200)
    await second.end('SIGTERM')
  })
})

/** The same on both stores, so tried on one. */
if (inject('store') === 'sqlite') {
  describe('what an operator got wrong', { timeout: 120_000 }, () => {
    const sentence = async (...args: string[]) => {
      const { code, output } = await runCli(directory, ...args)
      return [code, output.trim()]
    }
    const oneLine = (text: RegExp) => [1, expect.stringMatching(new RegExp(`^${text.source}$`))]

    it('about the data directory stops the start with one sentence', async () => {
      const file = join(directory, 'file')
      writeFileSync(file, 'this is a text that is long enough to be no database of SQLite')
      expect(await sentence('serve', `ROLLCALL_DATA=${file}`)).toEqual(
        oneLine(/The data directory \S+\/file cannot be used: .*/),
      )
      const other = join(directory, 'other')
      mkdirSync(other)
      renameSync(file, join(other, 'rollcall.db'))
      expect(await sentence('serve', `ROLLCALL_DATA=${other}`)).toEqual(
        oneLine(/the database file is damaged, or none of SQLite: .*/),
      )
    })

    it('about address or certificate stops the start with one sentence', async () => {
      await runCli(directory, 'tenant', 'list')
      // 203.0.113.0/24 is for documentation: nobody has such an address.
      expect(await sentence('serve', 'HOST=203.0.113.7')).toEqual(
        oneLine(/listen EADDRNOTAVAIL: address not available 203.*/),
      )
      const none = join(directory, 'none.pem')
      writeFileSync(none, 'no certificate')
      expect(await sentence('serve', `ROLLCALL_TLS_CERT=${none}`, `ROLLCALL_TLS_KEY=${none}`)).toEqual(
        oneLine(/ROLLCALL_TLS_CERT and ROLLCALL_TLS_KEY are no PEM files of one certificate and its key: .*/),
      )
    })

    it('about a command is one sentence', async () => {
      await runCli(directory, 'tenant', 'list')
      expect(await sentence('user', 'add', 'ana@example.org', 'ROLLCALL_PASSWORD=')).toEqual(
        oneLine(/the password is read from ROLLCALL_PASSWORD, which is not set/),
      )
      expect(await sentence('import', 'x.ndjson', '--purpose', 'lern')).toEqual(
        oneLine(/\$\.purpose: Invalid option: expected one of "learner".*/),
      )
    })
  })

  it('keeps what it writes to its owner: a data directory it makes, the database, the socket', async () => {
    const data = join(directory, 'made')
    const served = await serveProcess(data)
    await served.post(statement())
    const open = [data, ...readdirSync(data).map((name) => join(data, name))].filter(
      (path) => (statSync(path).mode & 0o077) !== 0,
    )
    expect(open).toEqual([])
    await served.end('SIGTERM')
  })
}

describe('SIGTERM', () => {
  it('lets an open request finish, ends with 0, and leaves no lock behind', async () => {
    const served = await serveProcess(directory)
    await served.api('/policies', { method: 'POST', body: POLICY })
    const body = JSON.stringify([statement({ actor: learner('ana') })])
    const status = new Promise<number>((resolve, reject) => {
      const outgoing = request(`${served.url}/xapi/statements`, {
        method: 'POST',
        headers: {
          Authorization: LEARNER,
          'X-Experience-API-Version': '1.0.3',
          'Content-Type': 'application/json',
          'Content-Length': body.length,
        },
      })
      outgoing.on('response', (response) => resolve(response.resume().statusCode ?? 0))
      outgoing.on('error', reject)
      outgoing.write(body.slice(0, 50))
      setTimeout(() => served.process.kill('SIGTERM'), 200)
      setTimeout(() => outgoing.end(body.slice(50)), 600)
    })
    expect(await status).toBe(200)
    expect(await served.ended).toEqual({ code: 0, signal: null })
    const again = await serveProcess(directory)
    const after = Date.now()
    for (;;) {
      const licence = await again.api<{ activeLearners: number; computedThrough: string }>(
        '/licence?policy=year',
      )
      if (Date.parse(licence.computedThrough) < after) continue
      expect(licence.activeLearners).toBe(1)
      break
    }
    await again.end('SIGTERM')
  })
})

/** The same on both stores, so tried on one. */
if (inject('store') === 'sqlite') {
  it('says with ROLLCALL_STOP_DELAY that it is stopping while it still takes what comes, then ends with 0', {
    timeout: 120_000,
  }, async () => {
    const served = await serveProcess(directory, { ROLLCALL_STOP_DELAY: '5' })
    served.process.kill('SIGTERM')
    const ready = () => fetch(`${served.url}/ready`)
    await expect.poll(async () => (await ready()).status, { timeout: 4_000, interval: 20 }).toBe(503)
    expect(await (await ready()).json()).toEqual({ ready: false, reason: 'stopping' })
    expect((await fetch(`${served.url}/health`)).status).toBe(200)
    expect(await (await fetch(`${served.url}/metrics`)).text()).toMatch(/^rollcall_ready 0$/m)
    expect((await served.post(statement())).status).toBe(200)
    expect(await served.ended).toEqual({ code: 0, signal: null })
  })
}

describe('commands', { timeout: 120_000 }, () => {
  it('work on a directory nobody serves, and through the server that does (ruling 27)', async () => {
    const offline = await runCli(
      directory,
      'policy',
      'add',
      'accord-3m',
      '--anchor',
      '2026-01-31',
      '--limit',
      '7',
    )
    expect([offline.code, offline.output]).toEqual([
      0,
      expect.stringContaining('policy accord-3m, version 1'),
    ])
    const served = await serveProcess(directory)
    const online = await runCli(directory, 'policy', 'list')
    expect(online.output).toContain('accord-3m  version 1')
    const credential = await runCli(
      directory,
      'credential',
      'add',
      'Preview',
      '--purpose',
      'preview',
      '--scope',
      'statements/write',
    )
    expect(credential.output).toMatch(/secret {2}\S{20,}/)
    expect((await runCli(directory, 'user', 'add', 'ana@example.org', '--role', 'licence')).code).toBe(0)
    expect((await runCli(directory, 'user', 'list')).output).toContain('ana@example.org')
    expect((await runCli(directory, 'tenant', 'add', 'acme')).code).toBe(0)
    const ambiguous = await runCli(directory, 'user', 'list')
    // Not among what a script reads: on stderr, also of the server that answered.
    expect(ambiguous).toEqual({
      code: 1,
      output: ambiguous.failed,
      failed: expect.stringContaining('--tenant'),
    })
    expect((await runCli(directory, 'policy', 'text', 'accord-3m', '--tenant', 'main')).output).toContain('7')
    await served.end('SIGTERM')
  })

  it.each([
    ['is not there', null],
    ['is not JSON', '{bad'],
  ])('says in one sentence that a policy file %s', async (_name, text) => {
    const file = join(directory, 'policy.json')
    if (text !== null) writeFileSync(file, text)
    const { code, output } = await runCli(directory, 'policy', 'add', file)
    expect(code).toBe(1)
    expect(output).toContain(file)
    expect(output.trim().split('\n')).toHaveLength(1)
  })

  it.each(['serve', 'demo', 'tenant add', 'user add', 'credential add', 'policy add', 'recount'])(
    '%s --help shows an example',
    async (command) => {
      const { output } = await runCli(directory, ...command.split(' '), '--help')
      expect(output).toMatch(/Example:\n {2}(\S+=\S+ )*rollcall /)
    },
  )

  it.each(['tenant', 'user', 'credential', 'policy'])('%s --help shows an example too', async (command) => {
    const { output } = await runCli(directory, command, '--help')
    expect(output).toContain('Example:')
  })
})

const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}
