import { lazy, Suspense } from 'react'
import { setPanels } from './actions/panels'
import { HelpDialog } from './HelpDialog'
import { PinValueDialog } from './partial/PinValueDialog'
import { TestRunDialog } from './partial/TestRunDialog'
import { useTrial } from './partial/usePins'
import { RenameDialog } from './RenameDialog'
import { SettingsDialog } from './SettingsDialog'
import { useDispatch, useEditor } from './store'

const CollapseDialog = lazy(() =>
  import('./CollapseDialog').then(({ CollapseDialog: dialog }) => ({ default: dialog })),
)

export function Dialogs({ onStarted }: { onStarted(id: string): void }) {
  const dispatch = useDispatch()
  const panels = useEditor((state) => state.panels)
  const typing = useTrial((trial) => trial.typing)
  const name = useEditor((state) => state.saved.document.name)
  return (
    <>
      {panels.runInputs === null ? null : (
        <TestRunDialog
          workflow={name}
          version={panels.runInputs}
          onClose={() => dispatch(setPanels, { runInputs: null })}
          onStarted={(execution) => onStarted(execution.id)}
        />
      )}
      {typing === null ? null : <PinValueDialog key={typing} place={typing} />}
      {panels.renamingId === null ? null : <RenameDialog key={panels.renamingId} id={panels.renamingId} />}
      {panels.collapsing ? (
        <Suspense>
          <CollapseDialog />
        </Suspense>
      ) : null}
      {panels.help ? <HelpDialog /> : null}
      {panels.settings ? <SettingsDialog /> : null}
    </>
  )
}
