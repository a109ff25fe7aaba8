/** Every setting, in one schema: read once by cli.ts, frozen, handed over in pieces. An unknown choice stops the start. */
import { z } from 'zod'

const size = z
  .string()
  .regex(/^\d+(kb|mb|gb)?$/i, 'give bytes, or a number with kb, mb or gb')
  .transform((text) => {
    const number = Number.parseInt(text, 10)
    if (/gb$/i.test(text)) return number * 1024 * 1024 * 1024
    if (/mb$/i.test(text)) return number * 1024 * 1024
    return /kb$/i.test(text) ? number * 1024 : number
  })

const secret = z.string().min(1)

/** What Express takes: a number of hops, or addresses, ranges and the names loopback, linklocal, uniquelocal. */
const proxies = z
  .string()
  .regex(
    /^(\d{1,2}|[\w.:/]+(\s*,\s*[\w.:/]+)*)$/,
    'give a number of proxies, or addresses and ranges separated by commas',
  )
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text.split(',').map((one) => one.trim())))

/** As browsers send them: scheme, host and port, without a path. */
const origins = z
  .string()
  .regex(
    /^(\*|https?:\/\/[^\s,/*]+(\s*,\s*https?:\/\/[^\s,/*]+)*)$/i,
    'give «*», or origins (scheme, host and port) separated by commas, without a path',
  )
  .transform((text) => text.split(',').map((one) => one.trim().toLowerCase()))

/**
 * The sentence of each setting is the one operators read: docs/operations.md shows this schema as a table. `shown` is the
 * default as one would write it, where that is not what it becomes.
 */
export const configSchema = z.object({
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8080)
    .describe('Port to listen on; 0 takes a free one.'),
  HOST: z.string().optional().describe('Address to listen on; all interfaces when unset.'),
  ROLLCALL_URL: z
    .url()
    .optional()
    .describe('Address under which clients reach the server; appears in `authority`.'),
  ROLLCALL_STORE: z
    .string()
    .regex(
      /^(sqlite$|mongodb(\+srv)?:\/\/.)/,
      'the store must be «sqlite», or an address mongodb://… or mongodb+srv://…',
    )
    .default('sqlite')
    .describe(
      'The database: `sqlite` is embedded; mongodb://… is a MongoDB server, with the database in its path.',
    ),
  ROLLCALL_DATA: z.string().min(1).default('./data').describe('Directory of the embedded store.'),
  ROLLCALL_ADMIN_EMAIL: z.email().optional().describe('First start: e-mail of the administrator.'),
  ROLLCALL_ADMIN_PASSWORD: secret.optional().describe('First start: password of the administrator.'),
  ROLLCALL_KEY: secret.optional().describe('First start: key of the learner credential.'),
  ROLLCALL_SECRET: secret.optional().describe('First start: secret of the learner credential.'),
  ROLLCALL_BODY_LIMIT: size.default(10 * 1024 * 1024).meta({
    description: 'Largest request body, in bytes or with `kb` or `mb`; more gets 413.',
    shown: '10mb',
  }),
  ROLLCALL_ATTACHMENT_LIMIT: size.default(1024 * 1024 * 1024).meta({
    description:
      'Largest multipart/mixed request, all attachments together, in bytes or with `kb`, `mb` or `gb`; more gets 413.',
    shown: '1gb',
  }),
  ROLLCALL_READERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('Reader threads of the embedded store.'),
  ROLLCALL_CACHE: size.default(40 * 1024 * 1024).meta({
    description:
      'Page cache of the embedded store’s writer, in bytes or with `kb` or `mb`; more helps beyond a few million statements.',
    shown: '40mb',
  }),
  ROLLCALL_REFUSALS: z.coerce
    .number()
    .int()
    .min(0)
    .default(10_000)
    .describe('How many refused requests the log keeps for each tenant.'),
  ROLLCALL_LOG: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info')
    .describe(
      'Least level that is logged: `fatal error warn info debug silent`; `debug` has a line for each request.',
    ),
  ROLLCALL_RATE_LIMIT: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Requests a minute that one credential may send to this process; more get 429. 0: no limit.'),
  ROLLCALL_TRUST_PROXY: proxies
    .optional()
    .describe(
      'Whose `X-Forwarded-*` headers are believed: how many proxies stand in front, or their addresses. Nobody’s when unset.',
    ),
  ROLLCALL_CORS: origins
    .optional()
    .describe(
      'Origins whose pages may call xAPI and API from a browser, separated by commas, or `*` for any; none when unset.',
    ),
  ROLLCALL_CMI5: z
    .enum(['accept', 'flag', 'refuse'])
    .default('accept')
    .describe(
      'What happens to cmi5 statements that break the rules of cmi5: `accept`, `flag` (the review lists them), `refuse` (400).',
    ),
  ROLLCALL_TLS_CERT: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of the certificate with its chain: serves HTTPS. Read again at SIGHUP.'),
  ROLLCALL_TLS_KEY: z.string().min(1).optional().describe('PEM file of the certificate’s private key.'),
  ROLLCALL_STOP_DELAY: z.coerce
    .number()
    .int()
    .min(0)
    .max(600)
    .default(0)
    .describe(
      'Seconds that the port stays open after `SIGTERM` while `/ready` answers 503 already, so that a load balancer can notice.',
    ),
  ROLLCALL_SMTP: z
    .string()
    .regex(/^smtps?:\/\/[^\s/]+/, 'give smtp://[user:password@]host[:port] or smtps://…')
    .optional()
    .describe('Mail server for alerts, smtp://… or smtps://…; without it alerts are kept and shown.'),
  ROLLCALL_SMTP_FROM: z
    .string()
    .regex(/^[^@\r\n]+@[^@\r\n]+$/, 'give an e-mail address')
    .default('rollcall@localhost')
    .describe('Sender of mails.'),
  ROLLCALL_WEBHOOKS_PRIVATE: z
    .stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] })
    .default(false)
    .describe('Whether webhooks may reach addresses of private networks and of this machine.'),
  ROLLCALL_METRICS_TOKEN: secret
    .optional()
    .describe('`/metrics` asks for it as a Bearer token; open to everybody who reaches the port when unset.'),
})

export type Config = Readonly<z.infer<typeof configSchema>>

/** The store is a file under ROLLCALL_DATA, which one process has for itself. */
export function isEmbedded(config: Pick<Config, 'ROLLCALL_STORE'>): boolean {
  return config.ROLLCALL_STORE === 'sqlite'
}

/** Thrown with one readable sentence for each wrong setting; values are never repeated, they may be secrets. */
export class ConfigError extends Error {}

export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = configSchema.superRefine(refuseHalfTls).safeParse(given)
  if (parsed.success) return Object.freeze(parsed.data)
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new ConfigError(`Wrong settings.\n${lines.join('\n')}`)
}

function refuseHalfTls(
  { ROLLCALL_TLS_CERT, ROLLCALL_TLS_KEY }: z.infer<typeof configSchema>,
  context: z.RefinementCtx,
): void {
  if ((ROLLCALL_TLS_CERT === undefined) === (ROLLCALL_TLS_KEY === undefined)) return
  const path = [ROLLCALL_TLS_CERT === undefined ? 'ROLLCALL_TLS_CERT' : 'ROLLCALL_TLS_KEY']
  context.addIssue({ code: 'custom', path, message: 'HTTPS needs the certificate and its key' })
}
