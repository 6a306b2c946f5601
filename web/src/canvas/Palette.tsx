import { ActionIcon, TextInput, Tooltip, UnstyledButton } from '@mantine/core'
import {
  IconChevronRight,
  IconLayoutSidebarLeftCollapse,
  IconSearch,
  IconStar,
  IconStarFilled,
} from '@tabler/icons-react'
import { type KeyboardEvent, useRef, useState } from 'react'
import { words } from '~/i18n'
import type { NodeType, NodeTypes } from '~/model/nodeType'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { plainText } from '~/ui/InlineText'
import classes from './Palette.module.css'
import { endDrag, startDrag } from './paletteDrag'
import { toggleFavourite, toggleFolded, usePreferences } from './preferences'
import { byCategory, picked, searchTypes } from './searchTypes'

const RECENT_SHOWN = 5

interface PaletteProps {
  types: NodeTypes
  onInsert(type: string): void
  onFold(): void
}

/** Up and down walk the items, whatever group they stand in. */
function walk(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('input, [data-item]')]
  const at = items.indexOf(document.activeElement as HTMLElement)
  const next = items[at + (event.key === 'ArrowDown' ? 1 : -1)]
  if (!next) return
  event.preventDefault()
  next.focus()
}

/** The node types: drag one to the canvas, or Enter or a double click puts it beside the chosen node. */
export function Palette({ types, onInsert, onFold }: PaletteProps) {
  const [query, setQuery] = useState('')
  const favourites = usePreferences((now) => now.favourites)
  const recent = usePreferences((now) => now.recent)
  const found = searchTypes(types.values(), query)
  const searching = query.trim() !== ''
  const insertFirst = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setQuery('')
    const [first] = found
    if (event.key === 'Enter' && searching && first) onInsert(first.id)
  }
  return (
    <aside
      className={classes.palette}
      data-pane="palette"
      aria-label={words.editor.palette.title}
      onKeyDown={walk}
    >
      <div className={classes.head}>
        <TextInput
          className={classes.search}
          aria-label={words.editor.palette.search}
          placeholder={words.editor.palette.search}
          leftSection={<IconSearch size={14} stroke={1.8} aria-hidden />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={insertFirst}
        />
        <Tooltip label={words.editor.palette.fold}>
          <ActionIcon aria-label={words.editor.palette.fold} size={30} onClick={onFold}>
            <IconLayoutSidebarLeftCollapse size={17} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className={classes.list} data-testid="palette">
        {searching ? (
          found.map((type) => <PaletteItem key={type.id} type={type} onInsert={onInsert} />)
        ) : (
          <>
            <Group id="*favourites" types={picked(favourites, found)} onInsert={onInsert} />
            <Group id="*recent" types={picked(recent, found).slice(0, RECENT_SHOWN)} onInsert={onInsert} />
            {byCategory(found).map(([category, list]) => (
              <Group key={category} id={category} types={list} onInsert={onInsert} />
            ))}
          </>
        )}
        {found.length === 0 ? <p className={classes.note}>{words.editor.palette.nothing(query)}</p> : null}
      </div>
      <p className={classes.note}>{words.editor.palette.hint}</p>
    </aside>
  )
}

const NAMES: Readonly<Record<string, string>> = {
  '*favourites': words.canvas.favourites,
  '*recent': words.canvas.recent,
}

/** A category, or the person's own choice (then `id` begins with `*`); nothing when it is empty. */
function Group({
  id,
  types,
  onInsert,
}: {
  id: string
  types: readonly NodeType[]
  onInsert(type: string): void
}) {
  const open = usePreferences((now) => !now.folded.includes(id))
  if (types.length === 0) return null
  const name = NAMES[id] ?? words.editor.palette.categoryName(id)
  return (
    <section aria-label={name}>
      <UnstyledButton className={classes.category} aria-expanded={open} onClick={() => toggleFolded(id)}>
        <IconChevronRight
          size={13}
          stroke={2}
          className={classes.chevron}
          data-open={open || undefined}
          aria-hidden
        />
        <span>{name}</span>
        <span className={classes.count}>{types.length}</span>
      </UnstyledButton>
      {open
        ? types.map((type) => (
            <PaletteItem key={type.id} type={type} onInsert={onInsert} own={id.startsWith('*')} />
          ))
        : null}
    </section>
  )
}

function PaletteItem({
  type,
  onInsert,
  own = false,
}: {
  type: NodeType
  onInsert(type: string): void
  /** It stands in its category too. */
  own?: boolean
}) {
  const dragged = useRef(false)
  return (
    <div className={classes.row}>
      <UnstyledButton
        className={classes.item}
        draggable
        data-item
        data-testid={`${own ? 'palette-own' : 'palette-item'}-${type.id}`}
        data-off={type.disabled_reason ? true : undefined}
        title={type.disabled_reason ?? plainText(type.description)}
        onDragStart={(event) => {
          dragged.current = true
          startDrag(event.dataTransfer, type.id)
        }}
        onDragEnd={() => {
          dragged.current = false
          endDrag()
        }}
        // A click by Enter has no count; a single click of the mouse only takes the focus.
        onClick={(event) => event.detail === 0 && !dragged.current && onInsert(type.id)}
        onDoubleClick={() => onInsert(type.id)}
      >
        <CategoryIcon category={type.category} icon={type.icon} size={28} />
        <span className={classes.words}>
          <span className={classes.title}>
            {type.title}
            {type.disabled_reason ? <span className={classes.off}>{words.editor.palette.off}</span> : null}
          </span>
          <span className={classes.description}>{plainText(type.description)}</span>
        </span>
      </UnstyledButton>
      <Favourite type={type} />
    </div>
  )
}

function Favourite({ type }: { type: NodeType }) {
  const chosen = usePreferences((now) => now.favourites.includes(type.id))
  const label = chosen ? words.canvas.removeFavourite(type.title) : words.canvas.addFavourite(type.title)
  const Star = chosen ? IconStarFilled : IconStar
  return (
    <UnstyledButton
      className={classes.star}
      aria-label={label}
      title={label}
      data-chosen={chosen || undefined}
      onClick={() => toggleFavourite(type.id)}
    >
      <Star size={14} stroke={1.7} />
    </UnstyledButton>
  )
}
