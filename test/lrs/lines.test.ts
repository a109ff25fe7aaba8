import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linesOf, survey } from '../../src/lrs/files/lines.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-lines-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function fileOf(bytes: string | Uint8Array): string {
  const file = join(directory, 'lines')
  writeFileSync(file, bytes)
  return file
}

async function read(file: string, after = 0): Promise<(string | null)[]> {
  const lines: (string | null)[] = []
  for await (const { bytes } of linesOf(file, after))
    lines.push(bytes === null ? null : Buffer.from(bytes).toString('utf8'))
  return lines
}

describe('lines of a file', () => {
  it.each([
    ['an empty file', '', []],
    ['a last line with a newline', 'a\nb\n', ['a', 'b']],
    ['a last line without one', 'a\nb', ['a', 'b']],
    ['empty lines', 'a\n\n\nb\n', ['a', '', '', 'b']],
    ['one newline', '\n', ['']],
    ['Windows line ends', 'a\r\nb', ['a\r', 'b']],
  ])('are read and counted alike: %s', async (_name, text, lines) => {
    const file = fileOf(text)
    expect(await read(file)).toEqual(lines)
    expect((await survey(file)).lines).toBe(lines.length)
  })

  it('are whole when they are longer than what is read at once', async () => {
    const lines = ['é'.repeat(300_000), 'b', '🎓'.repeat(200_000), '']
    expect(await read(fileOf(lines.join('\n')))).toEqual(lines.slice(0, 3))
  })

  it('are the same from gzip, told by its bytes, with the same hash', async () => {
    const text = Array.from({ length: 50_000 }, (_, line) => `line ${line}`).join('\n')
    const plain = await survey(fileOf(text))
    const file = fileOf(gzipSync(text))
    expect(await survey(file)).toEqual(plain)
    expect(await read(file, 49_998)).toEqual(['line 49998', 'line 49999'])
  })

  it('that are too long are told apart from all others, and hold nothing up', async () => {
    const file = fileOf(`a\n${'x'.repeat(17 * 1024 * 1024)}\nb`)
    expect(await read(file)).toEqual(['a', null, 'b'])
  })

  it('of a torn gzip end in an error', async () => {
    const torn = gzipSync('a\n'.repeat(10_000)).subarray(0, 40)
    await expect(survey(fileOf(torn))).rejects.toThrow()
  })
})
