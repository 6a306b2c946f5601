import { SegmentedControl, TextInput } from '@mantine/core'
import { useClickOutside } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react'
import { freeInputs, outletChoices } from '~/canvas/freePorts'
import { usePreferences } from '~/canvas/preferences'
import type { CanvasHandle } from '~/canvas/viewport'
import { words } from '~/i18n'
import type { NodeType } from '~/model/nodeType'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { plainText } from '~/ui/InlineText'
import { addNode } from './actions/addNode'
import { setPanels } from './actions/panels'
import classes from './Editor.module.css'
import { offerNote, offers } from './quickAddOptions'
import type { QuickAdd } from './state'
import { useDispatch, useEditor, useEditorHandle } from './store'

const [WIDTH, HEIGHT, MARGIN] = [300, 380, 12]

/** A searchable list of what can be added at a place: on Tab, at a port, or where a wire was dropped. */
export function QuickAddList({ canvas }: { canvas: RefObject<CanvasHandle | null> }) {
  const request = useEditor((state) => state.panels.quickAdd)
  return request ? <List key={JSON.stringify(request)} asked={request} canvas={canvas} /> : null
}

function List({ asked, canvas }: { asked: QuickAdd; canvas: RefObject<CanvasHandle | null> }) {
  const dispatch = useDispatch()
  const { store } = useEditorHandle()
  const recent = usePreferences((now) => now.recent)
  const [request, setRequest] = useState(asked)
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const close = () => dispatch(setPanels, { quickAdd: null })
  const box = useClickOutside<HTMLDivElement>(close)
  const options = useRef<HTMLDivElement>(null)
  const { document, types } = store.getState()
  const groups = offers(request, document, types, query, recent)
  const found = groups.flatMap((group) => group.types)
  const note = offerNote(request, document)
  const chosen = Math.min(active, found.length - 1)
  useEffect(() => {
    options.current?.querySelector(`[data-index="${chosen}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen])

  const insert = (type: string | undefined) => {
    if (type) dispatch(addNode, { ...request, type })
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close()
    else if (event.key === 'Enter') insert(found[chosen]?.id)
    else if (event.key === 'ArrowDown') setActive(Math.min(chosen + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setActive(Math.max(chosen - 1, 0))
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={box}
      className={classes.floating}
      style={placeOf(asked, canvas.current)}
      role="dialog"
      aria-label={words.editor.quickAdd.title}
    >
      <div className={classes.floatingHead}>
        {note === null ? null : <p className={classes.floatingNote}>{note}</p>}
        <Ends request={request} onChange={setRequest} />
        <TextInput
          autoFocus
          aria-label={words.editor.quickAdd.search}
          placeholder={words.editor.quickAdd.search}
          leftSection={<IconSearch size={14} stroke={1.8} aria-hidden />}
          value={query}
          role="combobox"
          aria-expanded
          aria-controls="quick-add-options"
          aria-activedescendant={found.length > 0 ? `quick-add-${chosen}` : undefined}
          onChange={(event) => {
            setQuery(event.currentTarget.value)
            setActive(0)
          }}
          onKeyDown={press}
        />
      </div>
      <div
        ref={options}
        id="quick-add-options"
        className={classes.options}
        role="listbox"
        aria-label={words.editor.quickAdd.title}
      >
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own.
          <div key={group.title ?? ''} role="group" aria-label={group.title ?? undefined}>
            {group.title === null ? null : (
              <div className={classes.optionGroup} aria-hidden>
                {group.title}
              </div>
            )}
            {group.types.map((type) => {
              const index = found.indexOf(type)
              return (
                <Option
                  key={type.id}
                  type={type}
                  index={index}
                  active={index === chosen}
                  onAim={() => setActive(index)}
                  onChoose={() => insert(type.id)}
                />
              )
            })}
          </div>
        ))}
        {found.length === 0 ? <p className={classes.floatingNote}>{words.editor.quickAdd.empty}</p> : null}
      </div>
    </div>
  )
}

interface OptionProps {
  type: NodeType
  index: number
  active: boolean
  onAim(): void
  onChoose(): void
}

function Option({ type, index, active, onAim, onChoose }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys act on the combobox above.
    <div
      id={`quick-add-${index}`}
      data-index={index}
      data-testid={`quick-add-${type.id}`}
      data-off={type.disabled_reason ? true : undefined}
      className={classes.option}
      data-active={active || undefined}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      title={type.disabled_reason ?? undefined}
      onPointerMove={onAim}
      onClick={onChoose}
    >
      <CategoryIcon category={type.category} icon={type.icon} size={26} />
      <span className={classes.optionWords}>
        <span className={classes.optionTitle}>
          {type.title}
          {type.disabled_reason ? (
            <span className={classes.optionOff}>{words.editor.palette.off}</span>
          ) : null}
        </span>
        <span className={classes.optionText}>{plainText(type.description)}</span>
      </span>
    </div>
  )
}

/** Which outlet or port the new node is wired to, where there is a choice. */
function Ends({ request, onChange }: { request: QuickAdd; onChange(request: QuickAdd): void }) {
  const { store } = useEditorHandle()
  const { document, types } = store.getState()
  const { from, to } = request
  const names = from
    ? outletChoices(document, types, from.node)
    : to
      ? freeInputs(document, types, to.node)
      : []
  const [first, second] = names
  if (first === undefined || second === undefined) return null
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      mb={6}
      aria-label={from ? words.canvas.port.from : words.canvas.port.to}
      data={names}
      value={from?.outlet ?? to?.port ?? first}
      onChange={(name) =>
        onChange({
          ...request,
          from: from && { node: from.node, outlet: name },
          to: to && { node: to.node, port: name },
        })
      }
    />
  )
}

/** Beside the place it is about, wholly inside the canvas. */
function placeOf(request: QuickAdd, canvas: CanvasHandle | null): React.CSSProperties {
  const frame = document.querySelector('[data-canvas]')?.getBoundingClientRect()
  if (!canvas || !frame) return { left: MARGIN, top: MARGIN }
  const at = canvas.toScreen(request.at)
  const clamp = (value: number, room: number) => Math.max(MARGIN, Math.min(value, room - MARGIN))
  return {
    left: clamp(at.x - frame.left, frame.width - WIDTH),
    top: clamp(at.y - frame.top, frame.height - Math.min(HEIGHT, frame.height)),
  }
}
