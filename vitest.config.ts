import { defineConfig } from 'vitest/config'

/**
 * Whole servers, on the store that `store` names: the same files on both. Bodies of 10 MB and the two seconds of a count say
 * nothing on a stand-in for MongoDB that needs a millisecond for a statement, so those files are not among them.
 */
const ON_BOTH_STORES = [
  'test/http/{access,licence,operations,statement-list,statement-search,statements}.test.ts',
  'test/e2e/samples.test.ts',
  'test/e2e/demo.test.ts',
  'test/acceptance/*.test.ts',
]

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'rollcall', include: ['test/**/*.test.ts'], provide: { store: 'sqlite' } },
      },
      {
        extends: true,
        test: { name: 'on MongoDB', include: ON_BOTH_STORES, provide: { store: 'mongodb' } },
      },
    ],
  },
})
