/** Input of API operations against its schema. */
import type { z } from 'zod'
import { malformed } from './refusal.ts'

/** @throws Refusal `malformed`, each fault with its JSON path */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, requirement: string): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw malformed(
    parsed.error.issues.map(({ path, message }) => ({
      path: ['$', ...path].join('.'),
      message,
      requirement,
    })),
  )
}
