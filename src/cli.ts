#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/** The command line. The only file that reads the environment, and the only one that does anything when it is imported. */
import { resolve } from 'node:path'
import { Command } from 'commander'
import { startApp } from './app.ts'
import { InputError, readPolicy } from './commands/read-policy.ts'
import { type Config, ConfigError, isEmbedded, loadConfig } from './config.ts'
import { orderServer, runCommand } from './control.ts'
import { demo } from './demo/demo.ts'
import { presets } from './metering/presets.ts'
import { interrupted, showProgress } from './progress.ts'
import { restore } from './restore.ts'
import { serve, showFirst } from './serve.ts'
import { settingsTable } from './settings.ts'
import { StoreError } from './store/store-error.ts'

const print = (line: string): void => {
  console.log(line)
}

// What a command or the server writes holds keys and people: its owner's alone.
process.umask(0o077)

const program = new Command('rollcall')
  .description('An xAPI learning record store that knows who counts.')
  .showHelpAfterError()

program
  .command('serve')
  .description('Answer requests until stopped with SIGTERM or Ctrl-C.')
  .addHelpText('after', '\nExample:\n  PORT=8080 ROLLCALL_DATA=./data rollcall serve')
  .action(() => finish((config) => serve(config, print)))

program
  .command('demo')
  .description('Start on a fresh store, send a year of sample statements, and show the licence views.')
  .option('--exit', 'end after the figures instead of serving on')
  .option('--learners <number>', 'how many people', '300')
  .addHelpText('after', '\nExample:\n  rollcall demo --exit')
  .action(({ exit, learners }: { exit?: boolean; learners: string }) =>
    finish((config) => demo(config, { exit: exit === true, learners: Number(learners), print, startApp })),
  )

order(
  program
    .command('settings')
    .description('Every setting with its default and its meaning, as a Markdown table.'),
  'settings',
).action(() => {
  for (const line of settingsTable()) print(line)
})

const tenant = order(
  program.command('tenant').description('Customers: every row belongs to one.'),
  'tenant list',
)
order(
  tenant.command('add <slug>').description('Add a tenant.').option('--name <name>', 'shown to people'),
  'tenant add acme --name "Acme Ltd"',
).action((slug: string, { name }: { name?: string }) => run('tenant add', { slug, name: name ?? slug }))
order(tenant.command('list').description('List the tenants.'), 'tenant list').action(() =>
  run('tenant list', {}),
)

const inTenant = ['--tenant <slug>', 'needed when there are several'] as const

const user = order(program.command('user').description('People who sign in.'), 'user list')
order(
  user
    .command('add <email>')
    .description('Add a person; the password is read from ROLLCALL_PASSWORD.')
    .option('--role <role...>', 'admin, licence, compliance, integrator', ['admin'])
    .option(...inTenant),
  'user add ana@example.org --role licence compliance',
).action((email: string, { role, tenant }: { role: string[]; tenant?: string }) =>
  run('user add', {
    email,
    roles: role,
    password: process.env.ROLLCALL_PASSWORD || undefined,
    ...(tenant && { tenant }),
  }),
)
order(
  user
    .command('list')
    .description('List the people.')
    .option(...inTenant),
  'user list',
).action((options) => run('user list', options))
order(
  user
    .command('remove <id>')
    .description('Remove a person.')
    .option(...inTenant),
  'user remove 4f1c…',
).action((id, options) => run('user remove', { id, ...options }))

const credential = order(
  program.command('credential').description('Keys and secrets of content and LMSs.'),
  'credential list',
)
order(
  credential
    .command('add <label>')
    .description('Add a credential and print its secret, this once.')
    .requiredOption('--purpose <purpose>', 'learner, preview, lms, report')
    .option('--scope <scope...>', 'what it may do', ['statements/write', 'statements/read/mine'])
    .option(...inTenant),
  'credential add "Moodle preview" --purpose preview --scope statements/write',
).action((label: string, { purpose, scope, tenant }: { purpose: string; scope: string[]; tenant?: string }) =>
  run('credential add', { label, purpose, scopes: scope, ...(tenant && { tenant }) }),
)
order(
  credential
    .command('list')
    .description('List the credentials.')
    .option(...inTenant),
  'credential list',
).action((options) => run('credential list', options))
order(
  credential
    .command('remove <id>')
    .description('Remove a credential; what it wrote stays.')
    .option(...inTenant),
  'credential remove 4f1c…',
).action((id, options) => run('credential remove', { id, ...options }))

order(
  credential
    .command('rotate <id>')
    .description('Make a new secret and print it, this once; the one before works until it is retired.')
    .option('--revoke', 'the one before ends at once: it has leaked')
    .option(...inTenant),
  'credential rotate 4f1c…',
).action((id, options) => run('credential rotate', { id, ...options }))
order(
  credential
    .command('retire <id>')
    .description('End a rotation: only the newest secret works from now on.')
    .option(...inTenant),
  'credential retire 4f1c…',
).action((id, options) => run('credential retire', { id, ...options }))

const policy = order(
  program.command('policy').description('Counting policies.'),
  'policy add accord-3m --anchor 2026-01-31',
)
order(
  policy
    .command('add <file-or-preset>')
    .description('Add a policy from a JSON file, or a preset by its name.')
    .option('--anchor <date>', 'start date, YYYY-MM-DD, in place of the one given')
    .option('--limit <learners>', 'included learners, in place of the one given')
    .option(...inTenant),
  'policy add accord-3m --anchor 2026-01-31 --limit 1000',
).action((name: string, { anchor, limit, tenant }: { anchor?: string; limit?: string; tenant?: string }) =>
  run('policy add', () => ({ policy: readPolicy(name, anchor, limit), ...(tenant && { tenant }) })),
)
order(
  policy
    .command('list')
    .description('List the policies.')
    .option(...inTenant),
  'policy list',
).action((options) => run('policy list', options))
order(
  policy
    .command('text <id>')
    .description('Say in plain words what counts.')
    .option(...inTenant),
  'policy text accord-3m',
).action((id, options) => run('policy text', { id, ...options }))
order(policy.command('presets').description('List the presets.'), 'policy presets').action(() => {
  for (const { id } of presets) print(id)
})

order(
  program
    .command('recount')
    .description(
      'Work every count out again from the statements, say what differed (exit code 1 then), and mend it.',
    )
    .requiredOption('--policy <id>', 'the policy')
    .option(...inTenant),
  'recount --policy accord-12m',
).action((options) => run('recount', options))

order(
  program
    .command('verify')
    .description(
      'Check every closed window: the seal, and that its statements still give it with all adjustments (exit code 1 when not).',
    )
    .option('--policy <id>', 'only this policy')
    .option(...inTenant),
  'verify --policy accord-12m',
).action((options) => run('verify', options))

order(
  program
    .command('import <file>')
    .description(
      'Import statements, one a line, plain or gzip. Can be repeated; goes on where it was stopped. Exit code 0: all in, 1: some lines refused, 2: not finished.',
    )
    .requiredOption('--purpose <purpose>', 'what the statements were sent for: learner, preview, lms, report')
    .option('--name <name>', 'of the import; the file’s name and hash when left out')
    .option('--errors <file>', 'where refused lines are listed; <file>.errors.ndjson when left out')
    .option('--dry-run', 'store nothing; show what would change in each window')
    .option(...inTenant),
  'import old-lrs.ndjson.gz --purpose learner --dry-run',
).action((file: string, { errors, ...options }: { errors?: string }) =>
  run('import', { file: resolve(file), ...(errors && { errors: resolve(errors) }), ...options }),
)
order(
  program
    .command('export <file>')
    .description(
      'Export every statement, one a line, as `import` takes them; gzip when the name ends in .gz.',
    )
    .option(...inTenant),
  'export statements.ndjson.gz',
).action((file: string, options) => run('export', { file: resolve(file), ...options }))
order(
  program
    .command('backup <directory>')
    .description('Write a consistent copy of all data into a new directory, while the server runs.'),
  'backup /backups/2026-03-01',
).action((directory: string) => run('backup', { directory: resolve(directory) }))
order(
  program
    .command('restore <directory>')
    .description('Put a backup in place of the data; needs the server stopped.')
    .option('--replace', 'keep what is there now aside and take the backup'),
  'restore /backups/2026-03-01',
).action((directory: string, { replace }: { replace?: boolean }) =>
  finish((config) => restore(config, { from: resolve(directory), replace: replace === true }, print)),
)

await program.parseAsync()

function order(command: Command, example: string): Command {
  return command.addHelpText('after', `\nExample:\n  rollcall ${example}`)
}

/** Goes through the server that holds the data directory, if there is one (ruling 27). */
async function run(command: string, given: object | (() => object)): Promise<void> {
  await finish(async (config) => {
    const input = typeof given === 'function' ? given() : given
    const shown = showProgress(print, console.error)
    const told = { ...shown, signal: interrupted() }
    const exit = isEmbedded(config)
      ? await orderServer(config.ROLLCALL_DATA, { command, input }, told).finally(shown.end)
      : null
    if (exit !== null) return exit
    // One command asks one thing at a time: more readers would only take memory.
    const app = await startApp({ ...config, ROLLCALL_LOG: 'error', ROLLCALL_READERS: 1 })
    try {
      showFirst(app.first, print)
      return await runCommand(app, { command, input }, told)
    } finally {
      shown.end()
      await app.stop()
    }
  })
}

/** Runs with the settings, ends with the exit code; what the operator can mend is one sentence, not a stack. */
async function finish(action: (config: Config) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await action(loadConfig(process.env))
  } catch (error) {
    const known =
      error instanceof ConfigError ||
      error instanceof StoreError ||
      error instanceof InputError ||
      (error as NodeJS.ErrnoException).syscall === 'listen'
    console.error(known ? (error as Error).message : error)
    process.exitCode = 1
  }
}
