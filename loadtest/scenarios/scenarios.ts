// All scenarios, by name.
import type { ScenarioName } from '../run/plan.ts'
import type { Scenario } from '../run/scenario.ts'
import { connect } from './connect.ts'

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  connect,
}
