import { TextInput } from '@mantine/core'
import { useClickOutside } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react'
import { searchTypes, typesAfter, typesInto } from '~/canvas/searchTypes'
import type { CanvasHandle } from '~/canvas/viewport'
import { words } from '~/i18n'
import { nodeTitle } from '~/model/workflow'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { plainText } from '~/ui/InlineText'
import { addNode } from './actions/addNode'
import { setPanels } from './actions/panels'
import classes from './Editor.module.css'
import type { QuickAdd } from './state'
import { useDispatch, useEditor, useEditorHandle } from './store'

const [WIDTH, HEIGHT, MARGIN] = [300, 380, 12]

/** A searchable list of what can be added at a place: on Tab, or where a wire was dropped. */
export function QuickAddList({ canvas }: { canvas: RefObject<CanvasHandle | null> }) {
  const request = useEditor((state) => state.panels.quickAdd)
  return request ? <List key={request.at.join()} request={request} canvas={canvas} /> : null
}

function useOffered(request: QuickAdd, query: string) {
  const { store } = useEditorHandle()
  const { document, types } = store.getState()
  const offered = request.into
    ? typesInto(document, types, request.into)
    : request.from
      ? typesAfter(document, types, request.from)
      : [...types.values()]
  const source = request.into?.source ?? request.from?.node
  return {
    found: searchTypes(offered, query),
    source: source === undefined ? null : nodeTitle(source, document.nodes[source]),
  }
}

function List({ request, canvas }: { request: QuickAdd; canvas: RefObject<CanvasHandle | null> }) {
  const dispatch = useDispatch()
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const close = () => dispatch(setPanels, { quickAdd: null })
  const box = useClickOutside<HTMLDivElement>(close)
  const options = useRef<HTMLDivElement>(null)
  const { found, source } = useOffered(request, query)
  const chosen = Math.min(active, found.length - 1)
  useEffect(() => {
    options.current?.querySelector(`[data-index="${chosen}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen])

  const insert = (type: string | undefined) => {
    if (type)
      dispatch(addNode, {
        type,
        at: request.into ? undefined : request.at,
        from: request.from,
        into: request.into,
      })
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
      style={placeOf(request, canvas.current)}
      role="dialog"
      aria-label={words.editor.quickAdd.title}
    >
      <div className={classes.floatingHead}>
        {source === null ? null : (
          <p className={classes.floatingNote}>{words.editor.quickAdd.fitting(source)}</p>
        )}
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
        {found.map((type, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys act on the combobox above.
          <div
            key={type.id}
            id={`quick-add-${index}`}
            data-index={index}
            data-testid={`quick-add-${type.id}`}
            className={classes.option}
            data-active={index === chosen || undefined}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onPointerMove={() => setActive(index)}
            onClick={() => insert(type.id)}
          >
            <CategoryIcon category={type.category} icon={type.icon} size={26} />
            <span className={classes.optionWords}>
              <span className={classes.optionTitle}>{type.title}</span>
              <span className={classes.optionText}>{plainText(type.description)}</span>
            </span>
          </div>
        ))}
        {found.length === 0 ? <p className={classes.floatingNote}>{words.editor.quickAdd.empty}</p> : null}
      </div>
    </div>
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
