/** The nouns of the API, named once. Documents and schemas keep the richer types of `model/`. */
import type { JsonObject } from '~/model/json'
import type { NodeType as ModelNodeType } from '~/model/nodeType'
import type { WorkflowDocument } from '~/model/workflow'
import type { components } from './schema.gen'

type Schemas = components['schemas']

export type BulkRequest = Schemas['BulkRequest']
export type BulkResult = Schemas['BulkResult']
export type Column = Schemas['Column']
export type Connection = Schemas['Connection']
export type NewConnection = Schemas['CreateConnection']
export type ConnectionValues = Schemas['ConnectionValues']
export type EnteredConnection = Schemas['EnteredConnection']
export type ConnectionUse = Schemas['ConnectionUse']
export type TestOutcome = Schemas['TestOutcome']
export type ConnectionType = Omit<Schemas['ConnectionType'], 'schema'> & { schema: JsonObject }
export type Token = Schemas['Token']
export type CreatedToken = Schemas['CreatedToken']
export type NewToken = Schemas['CreateToken']
export type TokenScope = Token['scopes'][number]
export type RegistrySource = Schemas['RegistrySource']
export type ExecutionError = Schemas['ExecutionError']
export type ExecutionSummary = Schemas['ExecutionSummary']
export type ExecutionStatus = ExecutionSummary['status']
export type NodeRun = Schemas['NodeRun']
export type ItemCounts = Schemas['ItemCounts']
export type Item = Schemas['Item']
export type ItemPage = Schemas['ItemPage']
export type Approval = Schemas['Approval']
export type Decision = Schemas['Decision']
export type Durations = Schemas['Durations']
export type WorkflowDurations = Schemas['WorkflowDurations']
type Pair<Value> = [Value, Value]

/** Pairs are this run's and the other's; OpenAPI's array of two is a list of any length to the generated types. */
export type ComparedNode = Omit<Schemas['ComparedNode'], 'status' | 'seconds' | 'attempt' | 'type'> & {
  type: Pair<string | null>
  status: Pair<NodeStatus | null>
  seconds: Pair<number | null>
  attempt: Pair<number | null>
}
export type Comparison = Omit<Schemas['Comparison'], 'executions' | 'nodes' | 'inputs'> & {
  executions: Pair<ExecutionSummary>
  inputs: (Omit<Schemas['ComparedInput'], 'values'> & { values: Pair<unknown> })[]
  nodes: ComparedNode[]
}
export type NodeStatus = NodeRun['status']
export type Origin = Schemas['Origin']
export type Pin = Schemas['Pin']
export type PlanLine = Schemas['PlanLine']
export type RunPlan = Schemas['RunPlan']
export type Progress = Schemas['Progress']
export type ValueSummary = NodeRun['outputs'][string]
export type MadeValue = Schemas['MadeValue']
export type LogLine = Schemas['LogLine']
export type RunEvent = Schemas['Event']
export type Chart = Schemas['Chart']
export type ChartPoint = Schemas['ChartPoint']
export type FileOutput = Schemas['FileOutput']
export type OutputPage = Schemas['TablePage'] | Schemas['JsonOutput'] | FileOutput
export type ServerInfo = Schemas['Info']
export type AuditEntry = Schemas['AuditEntry']
export type Setting = Schemas['Setting']
export type Template = Schemas['TemplateSummary']
export type TemplateUse = Schemas['TemplateUse']
export type Trigger = Schemas['TriggerDetail']
export type TriggerSample = Schemas['TriggerSample']
export type TriggerFire = Schemas['TriggerFireInfo']
export type Backfill = Schemas['BackfillDetail']
export type BackfillPlan = Schemas['BackfillPreview']
export type Waiting = Schemas['Waiting']
export type Histogram = Schemas['Histogram']
export type FailingWorkflow = Schemas['FailingWorkflow']
export type SlowExecution = Schemas['SlowExecution']
export type Queue = Schemas['Queue']
export type UpcomingFire = Schemas['UpcomingFire']
export type WorkflowSummary = Schemas['WorkflowSummary']
export type WorkflowVersion = Schemas['WorkflowVersion']

export interface Execution extends Omit<Schemas['Execution'], 'inputs' | 'outputs'> {
  inputs: JsonObject
  outputs: JsonObject | null
}

export interface Workflow extends Omit<Schemas['Workflow'], 'document'> {
  document: WorkflowDocument
}

export interface Validation extends Omit<Schemas['Validation'], 'document'> {
  document: WorkflowDocument | null
}

export type NodeType = ModelNodeType
export type Evaluated = Schemas['Evaluated']
export type ExpressionScope = Schemas['ExpressionScope']
export type ScopeEntry = Schemas['ScopeEntry']
export type FileEntry = Schemas['FileEntry']
export type Draft = Schemas['Draft']
export type DraftAnswer = Schemas['EditedDraft']
export type DraftConflict = Schemas['DraftConflict']
export type DraftOp = Schemas['DraftOperation']
export type NewVersion = Schemas['MakeVersion']
export type MadeVersion = Schemas['MadeVersion']
export type VersionLine = Schemas['WorkflowVersion']
export type Person = Schemas['Person']
