import { notifications } from '@mantine/notifications'
import type { QueryClient } from '@tanstack/react-query'
import { executionKeys, planExecution, type StartExecution, startExecution } from '~/api/executions'
import { ApiError } from '~/api/problem'
import { words } from '~/i18n'
import type { EditorServices } from '../action'
import { setPanels } from '../actions/panels'
import { showExecution } from '../actions/run'
import { isDirty } from '../state'
import type { Editor } from '../store'
import type { VersionOutcome } from '../sync/version'
import { type Aim, goesWithoutSaying, type Phase, partOf } from './trial'

const t = words.editor.save
const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface World {
  editor: Editor
  client: QueryClient
  /** Make a version for a test; null when that did not work, which was said then. */
  makeVersion(): Promise<VersionOutcome | null>
  showErrors(title: string, why: (errors: number) => string): void
}

/** Runs of the draft as it stands: of all of it, or of a part after a look at what that would do. */
export function testRuns({
  editor,
  client,
  makeVersion,
  showErrors,
}: World): Pick<EditorServices, 'run' | 'runWith' | 'runPart' | 'confirmPart' | 'cancelPart'> {
  const { store, dispatch, trial } = editor
  const enter = (phase: Phase) => trial.setState({ phase })
  let starting = false

  /** One thing at a time: a second click starts nothing of its own. */
  const once = async (work: () => Promise<void>) => {
    if (starting) return
    starting = true
    try {
      await work()
    } catch (error) {
      if (error instanceof ApiError && error.status === 422 && error.problems.length > 0) {
        showErrors(t.cannotRun, t.cannotRunWhy)
      } else {
        notifications.show({ color: 'red', title: t.runFailed, message: message(error), autoClose: false })
      }
    } finally {
      starting = false
    }
  }

  /** The version that holds what is on the screen; null when there can be none, which was said then. */
  const versionToRun = async (): Promise<number | null> => {
    if (!isDirty(store.getState())) return store.getState().saved.version
    const outcome = await makeVersion()
    return outcome?.kind === 'made' ? outcome.saved.version : null
  }

  const start = async (asked: StartExecution) => {
    const execution = await startExecution(asked, crypto.randomUUID())
    client.setQueryData(executionKeys.one(execution.id), execution)
    void client.invalidateQueries({ queryKey: executionKeys.lists() })
    dispatch(showExecution, execution.id)
  }

  const requestOf = (aim: Aim, version: number): StartExecution => {
    const { usesPins, dataOf } = trial.getState()
    const { execution, root } = store.getState()
    const data = dataOf === 'shown' && execution !== null ? execution : 'last'
    return { workflow: root.name, version, partial: partOf(aim), data, pins: usesPins }
  }

  const ask = async (aim: Aim, again = false) => {
    enter({ kind: 'asking', aim })
    try {
      const { root } = store.getState()
      const version = await versionToRun()
      if (version === null) return enter({ kind: 'idle' })
      const plan = await planExecution(requestOf(aim, version))
      if (!again && goesWithoutSaying(aim, plan)) {
        enter({ kind: 'idle' })
        return await start(requestOf(aim, plan.version))
      }
      enter({ kind: 'planned', aim, plan, root, again })
    } catch (error) {
      enter({ kind: 'idle' })
      if (!(error instanceof ApiError) || error.problems.length > 0) throw error
      const { nodes } = error.details
      const missing = error.code === 'partial.no_data' && Array.isArray(nodes) ? nodes.map(String) : null
      enter({ kind: 'refused', aim, message: error.message, missing })
    }
  }

  return {
    run: () =>
      once(async () => {
        enter({ kind: 'idle' })
        const version = await versionToRun()
        if (version === null) return
        const { root } = store.getState()
        if (Object.keys(root.inputs ?? {}).length > 0) dispatch(setPanels, { runInputs: version })
        else await start({ workflow: root.name, inputs: {}, version, pins: trial.getState().usesPins })
      }),
    runWith: () =>
      once(async () => {
        enter({ kind: 'idle' })
        const version = await versionToRun()
        if (version !== null) dispatch(setPanels, { runInputs: version })
      }),
    runPart: (aim) => once(() => ask(aim)),
    confirmPart: () =>
      once(async () => {
        const { phase } = trial.getState()
        if (phase.kind !== 'planned') return
        // What was shown is what starts; after an edit that is something else.
        if (store.getState().root !== phase.root) return ask(phase.aim, true)
        enter({ kind: 'idle' })
        await start(requestOf(phase.aim, phase.plan.version))
      }),
    cancelPart: () => enter({ kind: 'idle' }),
  }
}
