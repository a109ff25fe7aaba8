import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../src/config.ts'

describe('settings', () => {
  it('have defaults, and empty ones count as unset', () => {
    expect(loadConfig({ PORT: '' })).toMatchObject({
      PORT: 8080,
      ROLLCALL_DATA: './data',
      ROLLCALL_BODY_LIMIT: 10 * 1024 * 1024,
    })
  })

  it.each([
    ['512', 512],
    ['20kb', 20 * 1024],
    ['3MB', 3 * 1024 * 1024],
  ])('read the size %s as %d bytes', (text, bytes) => {
    expect(loadConfig({ ROLLCALL_BODY_LIMIT: text }).ROLLCALL_BODY_LIMIT).toBe(bytes)
  })

  it.each([
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['ROLLCALL_STORE', 'postgres'],
    ['ROLLCALL_STORE', 'mongodb://'],
    ['ROLLCALL_BODY_LIMIT', '10 apples'],
    ['ROLLCALL_ADMIN_EMAIL', 'nobody'],
    ['ROLLCALL_LOG', 'loud'],
    ['ROLLCALL_CORS', 'content.example.org'],
    ['ROLLCALL_CORS', 'https://content.example.org/page'],
  ])('stop the start when %s is «%s», naming it without its value', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(ConfigError)
    expect(() => loadConfig({ [name]: value })).toThrow(new RegExp(`^Wrong settings\\.\\n${name}: `))
    expect(() => loadConfig({ [name]: value })).not.toThrow(new RegExp(`\\b${value}\\b`))
  })

  it.each(['sqlite', 'mongodb://localhost/rollcall', 'mongodb+srv://u:p@example.org'])(
    'take the store %s',
    (store) => {
      expect(loadConfig({ ROLLCALL_STORE: store }).ROLLCALL_STORE).toBe(store)
    },
  )

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true)
  })
})
