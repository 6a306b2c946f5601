import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import type { Person } from '~/api/types'
import { words } from '~/i18n'
import type { FollowedRun } from '~/runs/useRun'
import { allowed, type ListedAction } from './action'
import { groups } from './actions'
import { find } from './actions/find'
import { redo } from './actions/redo'
import { publish } from './actions/save'
import { tidy } from './actions/tidy'
import { undo } from './actions/undo'
import { help, settings, showTour } from './actions/view'
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
  return useEditor((state) => allowed(action, state))
}

/** Name and state in words, then what one does most. */
export function EditorBar({ run, people }: { run: FollowedRun; people: readonly Person[] }) {
  const title = useEditor((state) => state.root.title || state.root.name)
  const readOnly = useEditor((state) => state.readOnly)
  return (
    <div className={classes.bar}>
      <div className={classes.name}>
        <h1 title={title}>{title}</h1>
        <SavedState />
        {readOnly === null ? null : (
          <Tooltip label={readOnly}>
            <span className={classes.readOnly} data-testid="read-only">
              {words.canvas.readOnly.badge}
            </span>
          </Tooltip>
        )}
      </div>
      <div className={classes.tools}>
        <People people={people} />
        <RunStrip run={run} />
        {readOnly === null ? (
          <>
            <IconAction action={undo} />
            <IconAction action={redo} />
            <IconAction action={tidy} />
          </>
        ) : null}
        <IconAction action={find} />
        <MoreMenu />
        <span className={classes.rule} />
        <RunMenu />
        {readOnly === null ? (
          <TextAction action={publish} variant="filled" tip={words.drafts.publishTip} />
        ) : null}
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
        data-tour={action === publish ? 'publish' : undefined}
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
        <SubMenu label={words.canvas.help.workflow} list={groups.workflow} />
        <SubMenu label={words.canvas.help.add} list={groups.add} />
        <SubMenu label={words.canvas.help.edit} list={groups.edit} />
        <SubMenu label={words.canvas.help.arrange} list={groups.arrange} />
        <SubMenu label={words.canvas.help.view} list={groups.view} />
        <Menu.Divider />
        <ActionItems list={[find, settings, showTour, help]} />
      </Menu.Dropdown>
    </Menu>
  )
}

/** Entries that open beside their name. */
export function SubMenu({ label, list }: { label: string; list: readonly ListedAction[] }) {
  return (
    <Menu.Sub position="right-start">
      <Menu.Sub.Target>
        <Menu.Sub.Item>{label}</Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown>
        <ActionItems list={list.filter((action) => action.listed)} />
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  )
}

/** Menu entries for actions, with their keys. */
export function ActionItems({
  list,
  focused,
}: {
  list: readonly ListedAction[]
  /** The entry that has the focus when the menu opens. */
  focused?: ListedAction
}) {
  return list.map((action) => <ActionItem key={action.id} action={action} focused={action === focused} />)
}

function ActionItem({ action, focused }: { action: ListedAction; focused: boolean }) {
  const dispatch = useDispatch()
  const enabled = useEnabled(action)
  const Icon = action.icon
  return (
    <Menu.Item
      disabled={!enabled}
      data-autofocus={focused || undefined}
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
