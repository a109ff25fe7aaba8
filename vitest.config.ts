import { defineConfig } from 'vitest/config'

/** Whole servers, on the store that `store` names: the same files on both. */
const ON_BOTH_STORES = [
  'test/http/{access,adjustment-reasons,alerts,forecast-alerts,bad-bodies,closing,cmi5,deletions,freshness,late,licence,lookups,open-and-closed,operations,people,planning,policies,state-metering,statement-list,statement-search,statements}.test.ts',
  'test/histories/{presets,stores}.test.ts',
  'test/presets/presets.test.ts',
  'test/e2e/{demo,import,kill,kill-job,process,samples,uploads}.test.ts',
  'test/fuzz/fuzz.test.ts',
  'test/jobs/{close,drain,studies,waiting-locks}.test.ts',
  'test/lrs/{alerts,rebuild}.test.ts',
  'test/acceptance/*.test.ts',
  'test/clients/{tincan,xapi-js}.test.ts',
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
