/**
 * `npm run backtest [-- --seed=1 --learners=1000]`: the forecast against run rate and share of final on made-up tenants, with and
 * without campaigns, from rolling origins. docs/forecast.md has the figures and says what they mean.
 */
import { parseArgs } from 'node:util'
import { backtest, type Score } from './score.ts'
import { backtestYears } from './score-years.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    tenants: { type: 'string', default: '12' },
    learners: { type: 'string', default: '1000' },
  },
})
const shape = {
  tenants: Number(values.tenants),
  learners: Number(values.learners),
  seed: Number(values.seed),
  months: 36,
  scored: 24,
}
const whole = (number: number) => String(Math.round(number))

for (const campaigns of [true, false]) {
  console.log(
    `\n${shape.tenants} tenants of ${shape.learners} learners, 24 scored months, seed ${shape.seed}, ${campaigns ? 'with' : 'without'} campaigns\n`,
  )
  console.log(
    '| day | MAPE run rate | share of final | cohorts | bias run rate | share of final | cohorts | 80 % band covers | uncalibrated | width |',
  )
  console.log('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const score of backtest({ ...shape, campaigns })) console.log(rowOf(score))
}

for (const campaigns of [true, false]) {
  console.log(
    `\nTwelve-month windows after two years, ${shape.tenants} tenants, seed ${shape.seed}, ${campaigns ? 'with' : 'without'} campaigns\n`,
  )
  console.log('| month | told | MAPE run rate | cohorts | 80 % band covers | width |')
  console.log('| ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const score of backtestYears({ ...shape, campaigns })) {
    const { elapsed, told, origins, mape, mapeRunRate, covered, width } = score
    const cells = [mapeRunRate, mape, covered, width].map(whole)
    console.log(`| ${[elapsed, `${told} of ${origins}`, ...cells].join(' | ')} |`)
  }
}

function rowOf({ day, mape, bias, covered, coveredPlain, width }: Score): string {
  const cells = [mape.runRate, mape.shareOfFinal, mape.cohorts, bias.runRate, bias.shareOfFinal, bias.cohorts]
  return `| ${[day, ...[...cells, covered, coveredPlain, width].map(whole)].join(' | ')} |`
}
