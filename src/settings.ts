/** The table of settings that operators read, made from the schema itself, so that it cannot say anything else. */
import { configSchema } from './config.ts'

/** Lines of a Markdown table: variable, default, meaning. */
export function settingsTable(): readonly string[] {
  const rows = Object.entries(configSchema.shape).map(([name, schema]) => {
    const { description = '', shown } = (schema.meta() ?? {}) as { description?: string; shown?: string }
    const { data } = schema.safeParse(undefined)
    const value = shown ?? data
    return `| \`${name}\` | ${value === undefined ? '' : `\`${String(value)}\``} | ${description} |`
  })
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows]
}
