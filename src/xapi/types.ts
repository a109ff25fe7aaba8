/** The shapes of the standard (xAPI 1.0.3 Data §2.4, 2.0.0 §4.2), as they are after validation. */

/** The version family a request speaks: every 1.0.x is answered as 1.0.3, every 2.0.x as 2.0.0. */
export type Version = '1.0.3' | '2.0.0'

/** One broken requirement: where (JSON path from `$`), what is wrong, and which requirement says so. */
export interface Violation {
  readonly path: string
  readonly message: string
  readonly requirement: string
}

export type LanguageMap = Readonly<Record<string, string>>
export type Extensions = Readonly<Record<string, unknown>>

export interface Account {
  readonly homePage: string
  readonly name: string
}

/** The one inverse functional identifier (IFI) an Agent has, and an identified Group has. */
export interface Identifier {
  readonly mbox?: string
  readonly mbox_sha1sum?: string
  readonly openid?: string
  readonly account?: Account
}

export interface Agent extends Identifier {
  readonly objectType?: 'Agent'
  readonly name?: string
}

export interface Group extends Identifier {
  readonly objectType: 'Group'
  readonly name?: string
  readonly member?: readonly Agent[]
}

export type Actor = Agent | Group

export interface Verb {
  readonly id: string
  readonly display?: LanguageMap
}

export interface InteractionComponent {
  readonly id: string
  readonly description?: LanguageMap
}

export interface ActivityDefinition {
  readonly name?: LanguageMap
  readonly description?: LanguageMap
  readonly type?: string
  readonly moreInfo?: string
  readonly extensions?: Extensions
  readonly interactionType?: string
  readonly correctResponsesPattern?: readonly string[]
  readonly choices?: readonly InteractionComponent[]
  readonly scale?: readonly InteractionComponent[]
  readonly source?: readonly InteractionComponent[]
  readonly target?: readonly InteractionComponent[]
  readonly steps?: readonly InteractionComponent[]
}

export interface Activity {
  readonly objectType?: 'Activity'
  readonly id: string
  readonly definition?: ActivityDefinition
}

export interface StatementRef {
  readonly objectType: 'StatementRef'
  readonly id: string
}

export interface Score {
  readonly scaled?: number
  readonly raw?: number
  readonly min?: number
  readonly max?: number
}

export interface Result {
  readonly score?: Score
  readonly success?: boolean
  readonly completion?: boolean
  readonly response?: string
  readonly duration?: string
  readonly extensions?: Extensions
}

/** A single Activity is allowed wherever a list is (1.0.3 Data §2.4.6.2). */
export type ActivityOrList = Activity | readonly Activity[]

export interface ContextActivities {
  readonly parent?: ActivityOrList
  readonly grouping?: ActivityOrList
  readonly category?: ActivityOrList
  readonly other?: ActivityOrList
}

/** 2.0.0 only. */
export interface ContextAgent {
  readonly objectType: 'contextAgent'
  readonly agent: Agent
  readonly relevantTypes?: readonly string[]
}

/** 2.0.0 only. */
export interface ContextGroup {
  readonly objectType: 'contextGroup'
  readonly group: Group
  readonly relevantTypes?: readonly string[]
}

export interface Context {
  readonly registration?: string
  readonly instructor?: Actor
  readonly team?: Group
  readonly contextActivities?: ContextActivities
  readonly contextAgents?: readonly ContextAgent[]
  readonly contextGroups?: readonly ContextGroup[]
  readonly revision?: string
  readonly platform?: string
  readonly language?: string
  readonly statement?: StatementRef
  readonly extensions?: Extensions
}

export interface Attachment {
  readonly usageType: string
  readonly display: LanguageMap
  readonly description?: LanguageMap
  readonly contentType: string
  readonly length: number
  readonly sha2: string
  readonly fileUrl?: string
}

export interface SubStatement {
  readonly objectType: 'SubStatement'
  readonly actor: Actor
  readonly verb: Verb
  readonly object: Activity | Agent | Group | StatementRef
  readonly result?: Result
  readonly context?: Context
  readonly timestamp?: string
  readonly attachments?: readonly Attachment[]
}

export type StatementObject = Activity | Agent | Group | StatementRef | SubStatement

/** A statement as a client sends it; the LRS sets what is missing (`id`, `stored`, `timestamp`, `authority`, `version`). */
export interface Statement {
  readonly id?: string
  readonly actor: Actor
  readonly verb: Verb
  readonly object: StatementObject
  readonly result?: Result
  readonly context?: Context
  readonly timestamp?: string
  readonly stored?: string
  readonly authority?: Actor
  readonly version?: string
  readonly attachments?: readonly Attachment[]
}
