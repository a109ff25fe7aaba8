/** Every sample of statements/ sent to a running server, each to a tenant of its own: verdicts, attempts and counts are those beside it. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Purpose } from '../../src/attempts/fact.ts'
import { createCredential, createTenant, operatorOf } from '../../src/lrs/access/accounts.ts'
import { listCounted } from '../../src/lrs/counting/counted.ts'
import { readLicence } from '../../src/lrs/counting/licence.ts'
import { addPolicy } from '../../src/lrs/counting/policies.ts'
import { listAttempts } from '../../src/lrs/counting/reports.ts'
import { addLaunches, putAliases, putElements } from '../../src/lrs/feeds.ts'
import { decideStatement } from '../../src/lrs/statements/decision.ts'
import { loadScenarios, type Scenario } from '../attempts/scenario.ts'
import { basic, type Running, startServer } from '../harness/running.ts'

/** Samples that need tenant settings, which cannot be set yet, and those whose received times are part of the sample. */
const needsMore = ({ settings, steps, valid }: Scenario) =>
  settings !== undefined || valid === false || steps.some(({ stored }) => stored !== undefined)
const scenarios = loadScenarios().filter((scenario) => !needsMore(scenario))

let server: Running
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const POLICY = {
  schema: 1,
  id: 'ever',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 1200 }, anchor: '1970-01-01' },
}

describe('the samples over HTTP', () => {
  it('are most of what is there', () => {
    expect(scenarios.length).toBeGreaterThan(60)
  })

  it.each(scenarios.map((scenario) => [scenario.file, scenario] as const))('%s', async (_file, scenario) => {
    const { lrs } = server.app
    const operator = operatorOf(await createTenant(lrs, { slug: `t-${randomUUID()}`, name: scenario.title }))
    await addPolicy(lrs, operator, POLICY)
    const keys = new Map<Purpose, string>()
    const keyFor = async (purpose: Purpose): Promise<string> => {
      const known = keys.get(purpose)
      if (known) return known
      const made = await createCredential(lrs, operator, { label: purpose, purpose, scopes: ['all'] })
      keys.set(purpose, basic(made.key, made.secret))
      return basic(made.key, made.secret)
    }

    const ids: string[] = []
    for (const { statement, purpose } of scenario.steps) {
      ids.push(...(await server.send(statement, await keyFor(purpose ?? scenario.credential))))
    }
    if (scenario.elements) await putElements(lrs, operator, scenario.elements)
    if (scenario.launches)
      await addLaunches(
        lrs,
        operator,
        scenario.launches.map(({ id: _, ...launch }) => launch),
      )
    if (scenario.aliases)
      await putAliases(
        lrs,
        operator,
        scenario.aliases.map((identities) => ({ identities })),
      )

    const after = lrs.clock.now()
    let licence = await readLicence(lrs, operator, 'ever')
    while (Date.parse(licence.computedThrough) < after) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      licence = await readLicence(lrs, operator, 'ever')
    }

    const evidence: Record<string, string> = {}
    for (const [index, id] of ids.entries()) {
      const { learners } = await decideStatement(lrs, operator, id)
      const first = learners.map(({ obstacles, reason }) => obstacles[0] ?? reason)
      if (first.length > 0) evidence[index] = [...new Set(first)].sort().join(' and ')
    }
    const { items: attempts } = await listAttempts(lrs, operator, {
      limit: 1000,
      tracked: true,
      deleted: true,
    })
    const counted = await listCounted(lrs, operator, licence.window?.id ?? '', { limit: 1000 })
    expect({
      evidence,
      attempts: attempts.length,
      deleted: attempts.filter(({ deleted }) => deleted).length,
      learners: counted.items.length,
      active: licence.activeLearners,
    }).toEqual({
      evidence: scenario.expected.evidence,
      attempts: scenario.expected.attempts,
      deleted: scenario.expected.deleted ?? 0,
      learners: scenario.expected.learners,
      active: scenario.expected.learners,
    })
  })
})
