import { ActionIcon, TextInput, Tooltip, UnstyledButton } from '@mantine/core'
import { IconChevronRight, IconLayoutSidebarLeftCollapse, IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useRef, useState } from 'react'
import { words } from '~/i18n'
import type { NodeType, NodeTypes } from '~/model/nodeType'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { plainText } from '~/ui/InlineText'
import classes from './Palette.module.css'
import { startDrag } from './paletteDrag'
import { byCategory, searchTypes } from './searchTypes'

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
  const found = searchTypes(types.values(), query)
  const searching = query.trim() !== ''
  const insertFirst = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setQuery('')
    const [first] = found
    if (event.key === 'Enter' && searching && first) onInsert(first.id)
  }
  return (
    <aside className={classes.palette} aria-label={words.editor.palette.title} onKeyDown={walk}>
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
        {searching
          ? found.map((type) => <PaletteItem key={type.id} type={type} onInsert={onInsert} />)
          : byCategory(found).map(([category, list]) => (
              <Group key={category} category={category} types={list} onInsert={onInsert} />
            ))}
        {found.length === 0 ? <p className={classes.note}>{words.editor.palette.nothing(query)}</p> : null}
      </div>
      <p className={classes.note}>{words.editor.palette.hint}</p>
    </aside>
  )
}

function Group({
  category,
  types,
  onInsert,
}: {
  category: string
  types: readonly NodeType[]
  onInsert(type: string): void
}) {
  const [open, setOpen] = useState(true)
  return (
    <section>
      <UnstyledButton className={classes.category} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight
          size={13}
          stroke={2}
          className={classes.chevron}
          data-open={open || undefined}
          aria-hidden
        />
        <span>{words.editor.palette.categoryName(category)}</span>
        <span className={classes.count}>{types.length}</span>
      </UnstyledButton>
      {open ? types.map((type) => <PaletteItem key={type.id} type={type} onInsert={onInsert} />) : null}
    </section>
  )
}

function PaletteItem({ type, onInsert }: { type: NodeType; onInsert(type: string): void }) {
  const dragged = useRef(false)
  return (
    <UnstyledButton
      className={classes.item}
      draggable
      data-item
      data-testid={`palette-item-${type.id}`}
      data-off={type.disabled_reason ? true : undefined}
      title={type.disabled_reason ?? plainText(type.description)}
      onDragStart={(event) => {
        dragged.current = true
        startDrag(event.dataTransfer, type.id)
      }}
      onDragEnd={() => {
        dragged.current = false
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
  )
}
