import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { FollowedRun } from '~/runs/useRun'
import type { ListedAction } from './action'
import { actions } from './actions'
import { redo } from './actions/redo'
import { run as runAction } from './actions/run'
import { publish } from './actions/save'
import { tidy } from './actions/tidy'
import { undo } from './actions/undo'
import classes from './Editor.module.css'
import { RunMenu } from './partial/RunMenu'
import { RunStrip } from './RunStrip'
import { shortcutText } from './shortcuts'
import { useDispatch, useEditor } from './store'
import { People } from './sync/People'
import { SavedState } from './sync/SavedState'

const keysOf = (action: ListedAction): string =>
  action.shortcuts?.[0] ? ` (${shortcutText(action.shortcuts[0])})` : ''

function useEnabled(action: ListedAction): boolean {
  return useEditor((state) => action.enabled?.(state) ?? true)
}

/** Name and state in words, then what one does most. */
export function EditorBar({ run }: { run: FollowedRun }) {
  const title = useEditor((state) => state.root.title || state.root.name)
  return (
    <div className={classes.bar}>
      <div className={classes.name}>
        <h1 title={title}>{title}</h1>
        <SavedState />
      </div>
      <div className={classes.tools}>
        <People />
        <RunStrip run={run} />
        <IconAction action={undo} />
        <IconAction action={redo} />
        <IconAction action={tidy} />
        <MoreMenu />
        <span className={classes.rule} />
        <RunMenu />
        <TextAction action={publish} variant="filled" tip={words.drafts.publishTip} />
      </div>
    </div>
  )
}

function IconAction({ action }: { action: ListedAction }) {
  const dispatch = useDispatch()
  const enabled = useEnabled(action)
  const hint = useEditor((state) => action.hint?.(state)) ?? action.label
  const Icon = action.icon
  return (
    <Tooltip label={`${hint}${keysOf(action)}`}>
      <ActionIcon
        className={classes.tool}
        size={30}
        aria-label={action.label}
        disabled={!enabled}
        onClick={() => dispatch(action)}
      >
        {Icon ? <Icon size={17} stroke={1.7} /> : null}
      </ActionIcon>
    </Tooltip>
  )
}

function TextAction({
  action,
  variant,
  tip,
}: {
  action: ListedAction
  variant: 'default' | 'filled'
  tip: string
}) {
  const dispatch = useDispatch()
  const busy = useEditor((state) => state.saving.state === 'saving')
  const Icon = action.icon
  return (
    <Tooltip label={`${tip}${keysOf(action)}`}>
      <Button
        variant={variant}
        size="xs"
        disabled={busy}
        leftSection={Icon ? <Icon size={15} stroke={1.8} aria-hidden /> : null}
        onClick={() => dispatch(action)}
      >
        {action.label}
      </Button>
    </Tooltip>
  )
}

function MoreMenu() {
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon size={30} aria-label={words.editor.bar.more}>
          <IconDots size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <ActionItems
          list={actions.filter((action) => action.listed && action !== publish && action !== runAction)}
        />
      </Menu.Dropdown>
    </Menu>
  )
}

/** Menu entries for actions, with their keys. */
export function ActionItems({ list }: { list: readonly ListedAction[] }) {
  return list.map((action) => <ActionItem key={action.id} action={action} />)
}

function ActionItem({ action }: { action: ListedAction }) {
  const dispatch = useDispatch()
  const enabled = useEnabled(action)
  const Icon = action.icon
  return (
    <Menu.Item
      disabled={!enabled}
      leftSection={Icon ? <Icon size={15} stroke={1.7} aria-hidden /> : null}
      rightSection={
        <span className={classes.saved}>
          {action.shortcuts?.[0] ? shortcutText(action.shortcuts[0]) : ''}
        </span>
      }
      onClick={() => dispatch(action)}
    >
      {action.label}
    </Menu.Item>
  )
}
