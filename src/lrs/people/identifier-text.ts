/** Identifiers as people write them into lists. */
import { identifierOf } from '../../xapi/actor.ts'
import { checkAgent } from '../../xapi/check-statement.ts'
import type { Agent } from '../../xapi/types.ts'

/**
 * The canonical identifier of a text: an address with or without `mailto:`, `<home page>|<account name>`, `sha1:<40 hex>`,
 * `openid:<URL>`, or with `homePage` an account name alone. @returns a sentence when it is none of them
 */
export function identifierIn(
  text: string,
  homePage?: string,
): { readonly ifi: string } | { readonly fault: string } {
  const agent = agentIn(text.trim(), homePage)
  if (!agent) return { fault: `«${text}» is neither an e-mail address nor <home page>|<account name>` }
  const [first] = checkAgent(agent)
  const ifi = first ? null : identifierOf(agent as Agent)
  return ifi === null ? { fault: `«${text}»: ${first?.message ?? 'is no identifier'}` } : { ifi }
}

function agentIn(text: string, homePage: string | undefined): object | null {
  const bar = text.indexOf('|')
  if (bar > 0) return { account: { homePage: text.slice(0, bar), name: text.slice(bar + 1) } }
  if (text.startsWith('sha1:')) return { mbox_sha1sum: text.slice('sha1:'.length) }
  if (text.startsWith('openid:')) return { openid: text.slice('openid:'.length) }
  if (text.startsWith('mailto:')) return { mbox: text }
  if (text.includes('@') && homePage === undefined) return { mbox: `mailto:${text}` }
  return homePage === undefined || text === '' ? null : { account: { homePage, name: text } }
}
