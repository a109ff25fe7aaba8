/**
 * Answers of `explain("queryPlanner")` in the shapes of the manual: the classic engine, the slot-based one (5.1 and newer),
 * the shortcut plans of 8.0, and `mongos`. Cut down to what tells how the documents are found.
 */
import { describe, expect, it } from 'vitest'
import { faultIn } from './explained.ts'

const IXSCAN = {
  stage: 'IXSCAN',
  keyPattern: { tenant: 1, seq: 1 },
  indexName: 'tenant_1_seq_1',
  isMultiKey: false,
  direction: 'forward',
  indexBounds: { tenant: ['["t", "t"]'], seq: ['(1, inf.0]'] },
}
const FETCH = { stage: 'FETCH', inputStage: IXSCAN }
const COLLSCAN = { stage: 'COLLSCAN', filter: { seq: { $gt: 1 } }, direction: 'forward' }
const SORT = { stage: 'SORT', sortPattern: { seq: 1 }, memLimit: 104857600, inputStage: COLLSCAN }

const answerOf = (winningPlan: unknown, rejectedPlans: unknown[] = [], explainVersion = '1') => ({
  explainVersion,
  queryPlanner: {
    namespace: 'rollcall.statements',
    indexFilterSet: false,
    parsedQuery: { stage: { $eq: 'COLLSCAN' } },
    winningPlan,
    rejectedPlans,
  },
  command: { find: 'statements', filter: { winningPlan: { stage: 'COLLSCAN' } }, $db: 'rollcall' },
  serverInfo: { host: 'a', port: 27017, version: '7.0.14' },
  ok: 1,
})
const slotBased = (queryPlan: object, stages: string) =>
  answerOf(
    { queryPlan: { ...queryPlan, planNodeId: 2 }, slotBasedPlan: { slots: '$$RESULT=s11', stages } },
    [],
    '2',
  )
const ofShards = (...plans: object[]) => ({
  queryPlanner: {
    mongosPlannerVersion: 1,
    winningPlan: {
      stage: plans.length === 1 ? 'SINGLE_SHARD' : 'SHARD_MERGE',
      shards: plans.map((winningPlan, index) => ({
        shardName: `shard${index}`,
        connectionString: `shard${index}/a:27018`,
        explainVersion: '1',
        namespace: 'rollcall.statements',
        parsedQuery: {},
        winningPlan,
        rejectedPlans: [COLLSCAN],
      })),
    },
  },
  ok: 1,
})

describe('a plan of a real server', () => {
  it.each<[string, unknown]>([
    ['that uses an index, and rejects to read all', answerOf(FETCH, [COLLSCAN, SORT])],
    ['by _id', answerOf({ stage: 'IDHACK' })],
    ['by _id, of 8.0', answerOf({ isCached: false, stage: 'EXPRESS_IXSCAN', keyPattern: '{ _id: 1 }' })],
    [
      'by one index after the other',
      answerOf({ stage: 'FETCH', inputStage: { stage: 'OR', inputStages: [IXSCAN, IXSCAN] } }),
    ],
    ['of a collection that is not there', answerOf({ stage: 'EOF' })],
    [
      'of the slot-based engine, that uses an index',
      slotBased(
        FETCH,
        '[2] nlj inner [] [s3, s4] left [1] ixseek KS(2B) KS(2C) s10 s4 s5 [] @"x" @"tenant_1_seq_1" true right [2] limit 1ll [2] seek s3 s11 s12 [] @"x" true false',
      ),
    ],
    ['of one shard', ofShards(FETCH)],
    ['of two shards', ofShards(FETCH, { stage: 'SHARDING_FILTER', inputStage: FETCH })],
    [
      'of two shards, slot-based',
      ofShards({ queryPlan: FETCH, slotBasedPlan: { stages: '[1] ixseek s1' } }, FETCH),
    ],
    ['of an aggregation', { stages: [{ $cursor: answerOf(FETCH) }, { $group: { _id: '$x' } }], ok: 1 }],
  ])('%s finds by an index', (_name, answer) => {
    expect(faultIn(answer)).toBeNull()
  })

  it.each<[string, unknown]>([
    ['at once', answerOf(COLLSCAN)],
    ['below a sort', answerOf(SORT, [FETCH])],
    [
      'in one of several branches',
      answerOf({ stage: 'SUBPLAN', inputStage: { stage: 'OR', inputStages: [IXSCAN, COLLSCAN] } }),
    ],
    [
      'slot-based',
      slotBased(COLLSCAN, '[1] filter {traverseF(s4)} [1] scan s5 s6 none none [s4 = seq] @"x" true false'),
    ],
    [
      'slot-based, told by what it runs alone',
      answerOf({ slotBasedPlan: { stages: '[1] scan s5 s6 none none [] @"x"' } }, [], '2'),
    ],
    ['on one of two shards', ofShards(FETCH, COLLSCAN)],
    [
      'on a shard, slot-based',
      ofShards({ queryPlan: { stage: 'SORT', inputStage: COLLSCAN }, slotBasedPlan: { stages: '' } }),
    ],
    ['in an aggregation', { stages: [{ $cursor: answerOf(COLLSCAN) }], ok: 1 }],
    [
      'in an aggregation on shards',
      { shards: { a: answerOf(FETCH), b: { stages: [{ $cursor: answerOf(COLLSCAN) }] } } },
    ],
  ])('that reads all, %s, is found guilty', (_name, answer) => {
    expect(faultIn(answer)).toBe('COLLSCAN')
  })

  it.each<[string, unknown]>([
    ['without a plan', { ok: 1 }],
    ['whose plan has no stage', answerOf({ node: 'Seq Scan' })],
    ['of which one shard tells nothing', { shards: { a: answerOf(FETCH), b: answerOf({}) } }],
    ['that is a text', 'COLLSCAN'],
  ])('%s proves nothing', (_name, answer) => {
    expect(faultIn(answer)).toBe('no plan that can be read')
  })
})
