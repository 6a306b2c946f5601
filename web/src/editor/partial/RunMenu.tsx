import { ActionIcon, Button, Menu, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { words } from '~/i18n'
import { listPins, pin } from '../actions/pin'
import { run } from '../actions/run'
import { runFrom, runOnly, runUntil, runWith } from '../actions/runNode'
import { ActionItems } from '../EditorBar'
import { shortcutText } from '../shortcuts'
import { useDispatch, useEditor, useEditorHandle } from '../store'
import classes from './partial.module.css'
import { usePins, useTrial } from './usePins'

const t = words.pins.menu

/** Start a test run; beside it what else can be run, and with which data. */
export function RunMenu() {
  const dispatch = useDispatch()
  const { trial } = useEditorHandle()
  const busy = useEditor((state) => state.saving.state === 'saving')
  const shown = useEditor((state) => state.execution !== null)
  const { usesPins, dataOf } = useTrial((now) => now)
  const { pins } = usePins()
  const Icon = run.icon
  return (
    <Button.Group data-tour="run">
      <Tooltip label={`${words.drafts.testRunTip} (${shortcutText(run.shortcuts?.[0] ?? '')})`}>
        <Button
          variant="default"
          size="xs"
          disabled={busy}
          leftSection={Icon ? <Icon size={15} stroke={1.8} aria-hidden /> : null}
          onClick={() => dispatch(run)}
        >
          {run.label}
        </Button>
      </Tooltip>
      <Menu position="bottom-end" width={290} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t.open}>
            <IconChevronDown size={15} stroke={1.8} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <ActionItems list={[run, runWith]} />
          <Menu.Divider />
          <ActionItems list={[runOnly, runUntil, runFrom]} />
          <Menu.Divider />
          <Menu.Label>{t.data}</Menu.Label>
          {(['latest', 'shown'] as const).map((choice) => (
            <Choice
              key={choice}
              label={t[choice]}
              checked={(shown ? dataOf : 'latest') === choice}
              disabled={choice === 'shown' && !shown}
              onChange={() => trial.setState({ dataOf: choice })}
            />
          ))}
          <Menu.Divider />
          <Choice
            label={t.usePins}
            note={t.usePinsHelp(pins.length)}
            checked={usesPins}
            onChange={(checked) => trial.setState({ usesPins: checked })}
          />
          <ActionItems list={[pin, listPins]} />
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  )
}

interface ChoiceProps {
  label: string
  note?: string
  checked: boolean
  disabled?: boolean
  onChange(checked: boolean): void
}

/** An entry that is switched; the menu stays, so that what is chosen is seen. */
function Choice({ label, note, checked, disabled, onChange }: ChoiceProps) {
  return (
    <Menu.Item
      closeMenuOnClick={false}
      disabled={disabled}
      leftSection={<IconCheck size={15} stroke={2} aria-hidden opacity={checked ? 1 : 0} />}
      rightSection={note ? <span className={classes.menuNote}>{note}</span> : null}
      onClick={() => onChange(!checked)}
    >
      {label}
      {/* An entry of this kind of menu cannot be "checked" for readers. */}
      <VisuallyHidden>{checked ? t.on : t.off}</VisuallyHidden>
    </Menu.Item>
  )
}

/** In the head of a node's inspector. */
export function RunNodeButton() {
  return (
    <Menu position="bottom-end" width={250} withInitialFocusPlaceholder={false}>
      <Tooltip label={t.node}>
        <Menu.Target>
          <ActionIcon size={28} variant="default" aria-label={t.node}>
            {run.icon ? <run.icon size={16} stroke={1.7} /> : null}
          </ActionIcon>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        <ActionItems list={[runOnly, runUntil, runFrom]} />
        <Menu.Divider />
        <ActionItems list={[pin]} />
      </Menu.Dropdown>
    </Menu>
  )
}
