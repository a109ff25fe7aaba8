/** Statements of our own to start a test from. */
import type { Statement } from '../../src/xapi/types.ts'

export const UUID = '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b'
export const OTHER_UUID = 'a1b2c3d4-0000-1000-8000-00805f9b34fb'

/** Has a value at nearly every place of the tables. */
export const FULL = {
  id: UUID,
  actor: { objectType: 'Agent', name: 'Ana', mbox: 'mailto:ana@example.org' },
  verb: {
    id: 'http://adlnet.gov/expapi/verbs/answered',
    display: { 'en-US': 'answered', de: 'beantwortet' },
  },
  object: {
    objectType: 'Activity',
    id: 'https://lms.example.org/quiz/7/question/2',
    definition: {
      name: { en: 'Question 2', de: 'Frage 2' },
      description: { en: 'Which one?', de: 'Welche?' },
      type: 'http://adlnet.gov/expapi/activities/cmi.interaction',
      moreInfo: 'https://lms.example.org/quiz/7/about',
      interactionType: 'choice',
      correctResponsesPattern: ['b'],
      choices: [
        { id: 'a', description: { en: 'Red', de: 'Rot' } },
        { id: 'b', description: { en: 'Blue', de: 'Blau' } },
      ],
      extensions: { 'https://lms.example.org/ext/level': null },
    },
  },
  result: {
    score: { scaled: 0.5, raw: 5, min: 0, max: 10 },
    success: true,
    completion: false,
    response: 'b',
    duration: 'PT1M30.25S',
    extensions: { 'https://lms.example.org/ext/tries': { count: 2, last: null } },
  },
  context: {
    registration: OTHER_UUID,
    instructor: { account: { homePage: 'https://lms.example.org', name: 'teacher-1' } },
    team: {
      objectType: 'Group',
      name: 'Blue',
      member: [{ mbox_sha1sum: 'ebd31e95054c018b10727ccffd2ef2ec3a016ee9' }],
    },
    contextActivities: {
      parent: [{ id: 'https://lms.example.org/quiz/7' }],
      grouping: { id: 'https://lms.example.org/course/1' },
    },
    revision: '3',
    platform: 'Example LMS',
    language: 'en-GB',
    statement: { objectType: 'StatementRef', id: UUID },
    extensions: { 'https://lms.example.org/ext/session': '17' },
  },
  timestamp: '2025-03-01T09:30:00.123Z',
  stored: '2025-03-01T09:30:01Z',
  authority: { openid: 'https://id.example.org/robot' },
  version: '1.0.3',
  attachments: [
    {
      usageType: 'https://lms.example.org/attachment/essay',
      display: { en: 'Essay' },
      description: { en: 'An essay' },
      contentType: 'text/plain; charset=utf-8',
      length: 12,
      sha2: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      fileUrl: 'https://lms.example.org/files/1',
    },
  ],
} satisfies Statement

export const SIMPLE = {
  actor: { mbox: 'mailto:ana@example.org' },
  verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
  object: { id: 'https://lms.example.org/page/1' },
} satisfies Statement

export const SUB = {
  objectType: 'SubStatement',
  actor: { account: { homePage: 'https://lms.example.org', name: 'u-2' } },
  verb: { id: 'http://adlnet.gov/expapi/verbs/completed' },
  object: { id: 'https://lms.example.org/page/2' },
} as const

/** A copy with the value at `path` (`result.score.raw`, `attachments.0.sha2`) replaced; undefined removes it. */
export function changed(base: object, path: string, value: unknown): Statement {
  const copy = structuredClone(base) as Record<string, unknown>
  const steps = path.split(' ').length > 1 ? path.split(' ') : path.split('.')
  const last = steps.pop() as string
  const parent = steps.reduce((at, step) => at[step] as Record<string, unknown>, copy)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy as unknown as Statement
}
