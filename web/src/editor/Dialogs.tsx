import { setPanels } from './actions/panels'
import {
  CollapseDialog,
  HelpDialog,
  PinValueDialog,
  RenameDialog,
  SettingsDialog,
  TestRunDialog,
} from './later'
import { useTrial } from './partial/usePins'
import { useDispatch, useEditor } from './store'

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
      {panels.collapsing ? <CollapseDialog /> : null}
      {panels.help ? <HelpDialog /> : null}
      {panels.settings ? <SettingsDialog /> : null}
    </>
  )
}
