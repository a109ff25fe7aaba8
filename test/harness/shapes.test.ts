/** The judge of queries must be able to find one guilty. */
import { describe, expect, it } from 'vitest'
import { unserved } from './shapes.ts'

const INDEXES = [{ key: { tenant: 1, seq: 1 } }, { key: { tenant: 1, terms: 1, seq: 1 } }]
const judge = (filter: object, sort?: object) =>
  unserved({ collection: 'c', filter, ...(sort && { sort }) }, INDEXES)

describe('a query', () => {
  it.each([
    ['by id', { _id: 'x' }, undefined],
    ['by ids and more', { _id: { $in: ['x'] }, other: 1 }, undefined],
    ['by a range of an index', { tenant: 't', seq: { $gt: 1 } }, { seq: 1 }],
    ['backwards', { tenant: 't', seq: { $gt: 1 } }, { seq: -1 }],
    ['by an index and in its order', { tenant: 't', terms: 'a', seq: { $lt: 9 } }, { seq: -1 }],
    ['with its bound in $and', { tenant: 't', $and: [{ seq: { $gt: 1 } }] }, undefined],
    ['of a whole tenant in the order of an index', { tenant: 't' }, { seq: 1 }],
  ])('%s is served', (_name, filter, sort) => {
    expect(judge(filter, sort)).toBeNull()
  })

  it.each([
    ['without a bound', {}, undefined],
    ['of a whole tenant in no order', { tenant: 't' }, undefined],
    ['of a whole tenant in an order of its own', { tenant: 't' }, { name: 1 }],
    ['without the tenant', { seq: 1 }, undefined],
    ['by what no index has', { tenant: 't', name: 'x' }, undefined],
    ['sorted otherwise', { tenant: 't', seq: { $gt: 1 } }, { stored: 1 }],
    ['sorted in directions that no index has', { tenant: 't' }, { terms: 1, seq: -1 }],
  ])('%s is not', (_name, filter, sort) => {
    expect(judge(filter, sort)).not.toBeNull()
  })
})
