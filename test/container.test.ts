/** What can be known of the container files without an engine: that they speak of things that are there. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configSchema, loadConfig } from '../src/config.ts'

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
const [dockerfile, compose, ignored] = ['Dockerfile', 'compose.yaml', '.dockerignore'].map(read) as [
  string,
  string,
  string,
]

describe('the container files', () => {
  it('set only settings that exist', () => {
    const names = new Set(
      [...`${dockerfile}${compose}`.matchAll(/\bROLLCALL_[A-Z_]+/g)].map(([name]) => name),
    )
    expect(names.size).toBeGreaterThan(4)
    expect([...names].filter((name) => !(name in configSchema.shape))).toEqual([])
  })

  it('copy what is there, and what .dockerignore lets through', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) =>
      (list as string).split(' '),
    )
    expect(sources).toContain('src')
    for (const source of sources) {
      expect([source, existsSync(new URL(`../${source}`, import.meta.url))]).toEqual([source, true])
      expect(ignored.split('\n')).toContain(`!${source}`)
    }
  })

  it('use a Node that package.json allows, in both stages', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
    const images = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major)
    expect(images).toEqual(Array(2).fill(/\d+/.exec(engines.node)?.[0]))
  })

  it('publish the port that is the default, and run what the build makes', () => {
    const { PORT } = loadConfig({})
    expect(dockerfile).toContain(`EXPOSE ${PORT}\n`)
    expect(compose).toContain(`:${PORT}'`)
    const { bin } = JSON.parse(read('package.json')) as { bin: { rollcall: string } }
    expect(dockerfile).toContain(`ln -s /app/${bin.rollcall} /usr/local/bin/rollcall`)
  })

  it('let an empty variable count as unset, as compose passes those that are not given', () => {
    expect(loadConfig({ ROLLCALL_ADMIN_EMAIL: '', ROLLCALL_SECRET: '' })).not.toHaveProperty(
      'ROLLCALL_SECRET',
    )
  })
})
