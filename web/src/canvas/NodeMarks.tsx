import {
  type Icon,
  IconAlertTriangle,
  IconPencilBolt,
  IconPinFilled,
  IconPlayerPlay,
  IconPlayerSkipForward,
  IconQuestionMark,
  IconRecycle,
} from '@tabler/icons-react'
import { words } from '~/i18n'
import { formatAbsolute, formatRelative } from '~/ui/format'
import { useNow } from '~/ui/useNow'
import { type Fate, type NodeMark, useMark } from './marks'
import classes from './NodeMarks.module.css'

const t = words.pins
const ICONS: Readonly<Record<Fate, Icon>> = {
  run: IconPlayerPlay,
  write: IconPencilBolt,
  reuse: IconRecycle,
  pin: IconPinFilled,
  skip: IconPlayerSkipForward,
  missing: IconQuestionMark,
}

/** At the lower edge of a card: that its output is pinned, or what a run would do with it. */
export function NodeMarks({ id }: { id: string }) {
  const mark = useMark(id)
  if (!mark) return null
  return <Chip mark={mark} />
}

function Chip({ mark }: { mark: NodeMark }) {
  const now = useNow(mark.at ? 30_000 : null)
  const fate = mark.fate ?? 'pin'
  const Mark = ICONS[fate]
  const ago = mark.at ? formatRelative(mark.at, now) : null
  const insideOnly = !mark.fate && !mark.pinned
  const word = insideOnly ? t.mark.inside : t.mark[fate]
  const stale = fate === 'pin' && !insideOnly ? mark.stale : null
  const text = stale ? t.mark.stale(word) : ago ? t.mark.age(word, ago) : word
  const told = [
    mark.why,
    stale ? t.stale[stale] : null,
    mark.at ? formatAbsolute(mark.at) : null,
    mark.inside > 0 ? `${t.mark.inside}: ${mark.inside}` : null,
  ]
  return (
    <>
      {mark.fate ? <span className={classes.cover} data-fate={mark.fate} /> : null}
      <span
        className={classes.chip}
        data-fate={fate}
        data-plan={mark.fate ?? undefined}
        data-stale={stale ?? undefined}
        data-testid="node-mark"
        title={told.filter(Boolean).join('\n')}
      >
        {stale ? (
          <IconAlertTriangle size={11} stroke={2} aria-hidden />
        ) : (
          <Mark size={11} stroke={2} aria-hidden />
        )}
        {text}
      </span>
    </>
  )
}
