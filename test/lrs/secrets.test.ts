import { describe, expect, it } from 'vitest'
import {
  hashPassword,
  hashSecret,
  passwordMatches,
  randomSecret,
  secretMatches,
} from '../../src/lrs/access/secrets.ts'

describe('credential secrets', () => {
  it('match under their key only, and any live one of a rotation does (ruling 22)', () => {
    const [first, second, other] = [randomSecret(), randomSecret(), randomSecret()]
    const live = [hashSecret(first, 'key'), hashSecret(second, 'key')]
    expect(secretMatches(first, 'key', live)).toBe(true)
    expect(secretMatches(second, 'key', live)).toBe(true)
    expect(secretMatches(other, 'key', live)).toBe(false)
    expect(secretMatches(first, 'another key', live)).toBe(false)
    expect(secretMatches(first, 'key', [])).toBe(false)
  })

  it('have 256 random bits', () => {
    expect(Buffer.from(randomSecret(), 'base64url')).toHaveLength(32)
    expect(new Set(Array.from({ length: 100 }, randomSecret)).size).toBe(100)
  })
})

describe('passwords', () => {
  it('are kept with scrypt, salted, and say how they were made', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(one).toMatch(/^scrypt\$32768\$8\$1\$/)
    expect(one).not.toBe(two)
    expect(await passwordMatches('correct horse', one)).toBe(true)
    expect(await passwordMatches('Correct horse', one)).toBe(false)
  })

  it('never match what is no hash', async () => {
    expect(await passwordMatches('', '')).toBe(false)
    expect(await passwordMatches('x', 'plain$x')).toBe(false)
  })
})
