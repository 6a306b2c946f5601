import { ActionIcon, TextInput, Tooltip } from '@mantine/core'
import { type Icon, IconChevronDown, IconChevronUp, IconSearch, IconX } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { words } from '~/i18n'
import { findNodes, type ListedNode, listNodes, listNotes } from '~/model/findNodes'
import { noteId } from '~/model/notes'
import { typeId } from '~/model/workflow'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { goToNode } from './actions/find'
import { setPanels } from './actions/panels'
import classes from './FindPanel.module.css'
import { countByPath, problemsOf } from './problems'
import { useEditor, useEditorHandle } from './store'

const t = words.canvas.find
const ROW = 44

const keyOf = (item: ListedNode): string => [...item.path, item.id].join('/')

/** Every node of the workflow as a list, and the search on the canvas: with keys alone, the way to any node. */
export function FindPanel() {
  const { store, dispatch } = useEditorHandle()
  const nodes = useEditor((state) => state.root.nodes)
  const types = useEditor((state) => state.types)
  const chosen = useEditor((state) =>
    state.selection.nodes.length === 1 ? [...state.path, state.selection.nodes[0]].join('/') : null,
  )
  const all = useEditor(problemsOf)
  const problems = useMemo(() => countByPath(all), [all])
  const [query, setQuery] = useState('')
  const searched = useDeferredValue(query)
  const notes = useEditor((state) => state.root.notes)
  const list = useMemo(
    () => [...listNodes(nodes), ...listNotes({ ...store.getState().root, notes })],
    [nodes, notes, store],
  )
  const found = useMemo(() => findNodes(list, searched, types), [list, searched, types])
  const at = useMemo(() => found.findIndex((item) => keyOf(item) === chosen), [found, chosen])
  const box = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const rows = useVirtualizer({
    count: found.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 6,
  })
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at)
  }, [at, rows])
  useEffect(() => {
    // Ctrl+F once more means the search field, wherever the focus was.
    const again = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        input.current?.select()
      }
    }
    window.addEventListener('keydown', again)
    return () => window.removeEventListener('keydown', again)
  }, [])

  const go = (index: number) => {
    // Enter may come before the list has followed what was typed.
    const fresh = query === searched ? found : findNodes(list, query, types)
    const place = query === searched ? index : 0
    const item = fresh[(place + fresh.length) % fresh.length]
    if (item) dispatch(goToNode, { path: item.path, id: item.id })
  }
  const next = () => go(at + 1)
  const previous = () => go(at < 0 ? found.length - 1 : at - 1)
  const close = () => {
    dispatch(setPanels, { find: false })
    document.querySelector<HTMLElement>('[data-canvas]')?.focus()
  }
  const press = (event: KeyboardEvent) => {
    const back = event.shiftKey
    if (event.key === 'Escape') close()
    else if (event.key === 'Enter' || event.key === 'F3') (back ? previous : next)()
    else if (event.key === 'ArrowDown') next()
    else if (event.key === 'ArrowUp') previous()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const active = at >= 0 ? `find-${at}` : undefined
  return (
    <section className={classes.panel} aria-label={t.label} data-testid="find-panel" onKeyDown={press}>
      <div className={classes.head}>
        <TextInput
          ref={input}
          autoFocus
          className={classes.search}
          aria-label={t.search}
          placeholder={t.search}
          leftSection={<IconSearch size={14} stroke={1.8} aria-hidden />}
          value={query}
          role="combobox"
          aria-expanded
          aria-controls="find-options"
          aria-activedescendant={active}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        <HeadButton label={t.previous} icon={IconChevronUp} off={found.length === 0} onClick={previous} />
        <HeadButton label={t.next} icon={IconChevronDown} off={found.length === 0} onClick={next} />
        <HeadButton label={t.close} icon={IconX} onClick={close} />
      </div>
      <p className={classes.count} role="status">
        {found.length === 0
          ? query.trim() === ''
            ? t.none
            : t.nothing(query)
          : at >= 0
            ? t.count(at + 1, found.length)
            : t.total(found.length)}
      </p>
      <div ref={box} className={classes.list}>
        <div
          id="find-options"
          role="listbox"
          aria-label={t.label}
          className={classes.rows}
          style={{ height: rows.getTotalSize() }}
        >
          {rows.getVirtualItems().map((row) => {
            const item = found[row.index]
            if (!item) return null
            return (
              <Row
                key={keyOf(item)}
                item={item}
                index={row.index}
                count={found.length}
                top={row.start}
                active={row.index === at}
                problems={problems.get(keyOf(item)) ?? 0}
                onChoose={() => go(row.index)}
              />
            )
          })}
        </div>
      </div>
    </section>
  )
}

interface HeadButtonProps {
  label: string
  icon: Icon
  off?: boolean
  onClick(): void
}

function HeadButton({ label, icon: Icon, off = false, onClick }: HeadButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={26} aria-label={label} disabled={off} onClick={onClick}>
        <Icon size={15} stroke={1.8} />
      </ActionIcon>
    </Tooltip>
  )
}

interface RowProps {
  item: ListedNode
  index: number
  count: number
  /** Px from the top of the list. */
  top: number
  active: boolean
  problems: number
  onChoose(): void
}

function Row({ item, index, count, top, active, problems, onChoose }: RowProps) {
  const types = useEditor((state) => state.types)
  const type = types.get(typeId(item.node.type))
  const facts = [
    noteId(item.id) === null ? (type?.title ?? typeId(item.node.type)) : words.canvas.notes.note,
    item.inside.length > 0 ? t.inside(item.inside) : '',
    item.node.disabled ? t.disabled : '',
  ]
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys act on the combobox above.
    <div
      id={`find-${index}`}
      role="option"
      aria-selected={active}
      aria-posinset={index + 1}
      aria-setsize={count}
      tabIndex={-1}
      data-testid={`find-${keyOf(item)}`}
      data-active={active || undefined}
      data-disabled={item.node.disabled || undefined}
      className={classes.row}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
      onClick={onChoose}
    >
      <CategoryIcon category={type?.category ?? ''} icon={type?.icon} size={26} />
      <span className={classes.words}>
        <span className={classes.title}>{item.title}</span>
        <span className={classes.facts}>{facts.filter(Boolean).join(' · ')}</span>
      </span>
      {problems > 0 ? (
        <span className={classes.problems} title={t.problems(problems)}>
          <span aria-hidden>{problems}</span>
          <span className={classes.hidden}>{t.problems(problems)}</span>
        </span>
      ) : null}
    </div>
  )
}
