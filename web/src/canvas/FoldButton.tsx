import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { words } from '~/i18n'
import classes from './ContainerFrame.module.css'
import { useScene } from './context'
import cards from './WorkflowNode.module.css'

interface FoldCountProps {
  id: string
  title: string
  text: string
  /** Items of it were lost. */
  lost?: boolean
}

/** What is said of a closed container, its number of nodes mostly; it opens in place. */
export function FoldCount({ id, title, text, lost = false }: FoldCountProps) {
  const { onFold } = useScene()
  if (!onFold) {
    return (
      <span className={cards.subtitle} data-lost={lost || undefined}>
        {text}
      </span>
    )
  }
  const label = words.bodies.unfoldNamed(title)
  return (
    <button
      type="button"
      className={`${classes.count} nodrag nopan`}
      data-lost={lost || undefined}
      aria-label={label}
      aria-expanded={false}
      title={label}
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation()
        onFold(id)
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <IconChevronRight size={13} stroke={2} aria-hidden />
      {text}
    </button>
  )
}

/** At the title of an open container: makes it a card again. */
export function FoldButton({ id, title }: Pick<FoldCountProps, 'id' | 'title'>) {
  const { onFold } = useScene()
  if (!onFold) return null
  const label = words.bodies.foldNamed(title)
  return (
    <button
      type="button"
      className={`${classes.fold} nodrag nopan`}
      aria-label={label}
      aria-expanded
      title={label}
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation()
        onFold(id)
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <IconChevronDown size={15} stroke={2} aria-hidden />
    </button>
  )
}
