/**
 * `rollcall demo`: starts a server on a directory of its own, lives through a year as its client, over HTTP only, and shows
 * what the licence views make of it.
 */
import { once } from 'node:events'
import type { App, AppOptions } from '../app.ts'
import type { Config } from '../config.ts'
import { basic, createApi, DemoError, signIn } from './api.ts'
import { readFigures, waitUntilCounted } from './figures.ts'
import { type Plan, planYear } from './plan.ts'
import { reportLines } from './report.ts'
import { deliveriesOf, type Keys, sendAll } from './send.ts'
import { sessionsOf } from './sessions.ts'
import { feed, type MadeKeys, policyIds, setUp } from './setup.ts'
import { choosePort, prepareDirectory } from './surroundings.ts'

type Print = (line: string) => void

export interface DemoOptions {
  /** End after the figures instead of serving on. */
  readonly exit: boolean
  /** How many people; 300 unless said otherwise. */
  readonly learners?: number
  readonly print: Print
  readonly startApp: (config: Config, options?: AppOptions) => Promise<App>
}

const LEARNERS = 300
/** Fewer do not fill every habit. */
const FEWEST = 20
const MOST = 2000
export const SEED = 20_240_229
const MINUTE = 60_000

/** @returns the exit code: 1 when something failed, after saying what */
export async function demo(config: Config, options: DemoOptions): Promise<number> {
  try {
    return await run(config, options)
  } catch (error) {
    options.print(`The demo stopped: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

async function run(
  config: Config,
  { exit, learners = LEARNERS, print, startApp }: DemoOptions,
): Promise<number> {
  if (!(Number.isInteger(learners) && learners >= FEWEST && learners <= MOST)) {
    throw new DemoError(`--learners must be a whole number from ${FEWEST} to ${MOST}`)
  }
  const started = Date.now()
  const port = await choosePort(config.PORT, config.HOST)
  const directory = await prepareDirectory(config.ROLLCALL_DATA, `http://localhost:${port}`)
  let fault: (error: unknown) => void = () => undefined
  const died = new Promise<never>((_, reject) => {
    fault = reject
  })
  died.catch(() => undefined)
  const app = await startApp(
    { ...config, ROLLCALL_DATA: directory, ROLLCALL_LOG: 'error', PORT: port },
    { onFault: (error) => fault(error) },
  )
  try {
    const address = await app.listen()
    await Promise.race([died, liveThrough({ app, address, learners, print })])
    print(`Done in ${Math.round((Date.now() - started) / 1000)} s.`)
    if (exit) return 0
    print('Serving on until Ctrl-C.')
    await Promise.race([died, once(process, 'SIGINT'), once(process, 'SIGTERM')])
    return 0
  } finally {
    await app.stop()
  }
}

interface Stage {
  readonly app: App
  readonly address: string
  readonly learners: number
  readonly print: Print
}

async function liveThrough({ app, address, learners, print }: Stage): Promise<void> {
  const { first } = app
  if (!first) throw new DemoError('the demo needs a fresh directory')
  // Whole minutes, so that the plan can be told again from what is printed.
  const now = Math.floor(Date.now() / MINUTE) * MINUTE
  const plan = planYear({ now, seed: SEED, learners })
  print(
    `Rollcall demo: ${plan.people.length} people, ${dayOf(plan.anchor)} to ${new Date(now).toISOString()}`,
  )
  const administrator = await signIn(address, first)
  const made = await setUp(administrator, plan)
  const lms = createApi(address, basic(made.lms))
  await feed(lms, plan)
  await send(plan, { address, keys: { ...made, learner: first }, print })
  await waitUntilCounted(administrator, policyIds, Date.now())
  const figures = await readFigures(administrator, policyIds, interesting(plan))
  for (const line of [...reportLines(figures), ...accessLines(address, first, made)]) print(line)
}

async function send(
  plan: Plan,
  { address, keys, print }: { address: string; keys: MadeKeys & { learner: Keys }; print: Print },
): Promise<void> {
  const sessions = sessionsOf(plan)
  const deliveries = deliveriesOf(sessions)
  const all = deliveries.reduce((sum, { statements }) => sum + statements.length, 0)
  let sent = 0
  let tenths = 0
  const onSent = ({ statements, at }: { statements: readonly unknown[]; at: number }): void => {
    sent += statements.length
    if (Math.floor((10 * sent) / all) === tenths) return
    tenths = Math.floor((10 * sent) / all)
    print(
      `  ${String(tenths * 10).padStart(3)} %  ${String(sent).padStart(6)} statements sent, up to ${dayOf(at)}`,
    )
  }
  await sendAll(deliveries, { address, keys, onSent })
  const launches = sessions.flatMap(({ launch }) => launch ?? [])
  await createApi(address, basic(keys.lms)).send('POST', '/launches', launches)
  const repeated = sessions
    .filter(({ visit }) => visit.sentTwice)
    .reduce((sum, { steps }) => sum + steps.length, 0)
  print(
    `  ${all} statements sent, ${repeated} of them for the second time; ${launches.length} launch records. Counting …`,
  )
}

/** Somebody with two identifiers, and somebody who only looked at content from the catalogue. */
function interesting({ people }: Plan): readonly string[] {
  const joined = people.find(({ homes }) => homes.length > 1)
  const previewer = people.find(({ habit }) => habit === 'previewer')
  return [joined, previewer].flatMap((person) => person?.name ?? [])
}

function accessLines(address: string, first: NonNullable<App['first']>, made: MadeKeys): readonly string[] {
  return [
    `Address        ${address} (xAPI at /xapi, the API at /api/v1)`,
    `Administrator  ${first.email}  password ${first.password}`,
    `Content        key ${first.key}  secret ${first.secret}`,
    `LMS plugin     key ${made.lms.key}  secret ${made.lms.secret}`,
    `Previews       key ${made.preview.key}  secret ${made.preview.secret}`,
    'Try',
    `  curl -u '${first.key}:${first.secret}' -H 'X-Experience-API-Version: 1.0.3' '${address}/xapi/statements?limit=1'`,
    '',
  ]
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
