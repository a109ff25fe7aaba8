import { describe, expect, it } from 'vitest'
import { checkStatement } from '../../src/xapi/check-statement.ts'
import { loadScenarios, outcomeOf } from './scenario.ts'

const scenarios = loadScenarios()

describe('Statements of real systems (in-the-wild §1)', () => {
  it('there are scenarios of every source', () => {
    const sources = new Set(scenarios.map((scenario) => scenario.file.split('/')[0]))
    expect([...sources].sort()).toEqual([
      'cmi5',
      'h5p',
      'iseazy',
      'lms-profile',
      'moodle',
      'open-edx',
      'other',
      'rustici',
      'scorm-profile',
      'storyline',
      'video',
    ])
  })

  it.each(scenarios.map((scenario) => [scenario.file, scenario] as const))(
    '%s gives the verdicts, attempts and learners worked out by hand',
    (_, scenario) => {
      expect(outcomeOf(scenario)).toEqual({ deleted: 0, ...scenario.expected })
    },
  )

  it.each(scenarios.map((scenario) => [scenario.file, scenario] as const))(
    '%s is valid by the standard, unless it says that it is not',
    (_, scenario) => {
      const violations = scenario.steps.flatMap(({ statement }) => checkStatement(statement, '1.0.3'))
      expect(violations.length === 0).toBe(scenario.valid ?? true)
    },
  )
})
