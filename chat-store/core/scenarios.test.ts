// Plays every scenario; each is one test under its own title.
import { describeScenarios } from '../../platform/testing/scenarios.ts'
import { play } from './testing/scenario.ts'

describeScenarios(new URL('./scenarios/', import.meta.url), play)
