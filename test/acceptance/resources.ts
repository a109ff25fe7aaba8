/** The resources of the standard that ask who calls, as a request names them, with the parameters each needs. */
const AGENT = encodeURIComponent(JSON.stringify({ mbox: 'mailto:ana@example.org' }))
const ACTIVITY = encodeURIComponent('https://example.org/activities/a')

export interface Resource {
  readonly path: string
  readonly methods: readonly string[]
  /** What a GET of it needs. */
  readonly query: string
}

export const RESOURCES: readonly Resource[] = [
  { path: '/statements', methods: ['GET', 'HEAD', 'PUT', 'POST'], query: '' },
  {
    path: '/activities/state',
    methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
    query: `activityId=${ACTIVITY}&agent=${AGENT}&stateId=s`,
  },
  {
    path: '/activities/profile',
    methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
    query: `activityId=${ACTIVITY}&profileId=p`,
  },
  {
    path: '/agents/profile',
    methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
    query: `agent=${AGENT}&profileId=p`,
  },
  { path: '/activities', methods: ['GET', 'HEAD'], query: `activityId=${ACTIVITY}` },
  { path: '/agents', methods: ['GET', 'HEAD'], query: `agent=${AGENT}` },
]

/** Every method of every resource. */
export const OPERATIONS: readonly (readonly [string, string])[] = RESOURCES.flatMap(
  ({ path, methods, query }) =>
    methods.map((method) => [method, query === '' ? path : `${path}?${query}`] as const),
)
