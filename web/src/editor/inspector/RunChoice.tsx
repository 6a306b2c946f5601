import { NumberInput, Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { executionsQuery } from '~/api/executions'
import { words } from '~/i18n'
import { formatRelative, shortId } from '~/ui/format'
import { useNow } from '~/ui/useNow'
import { chooseExecution } from '../actions/run'
import { useDispatch, useEditor } from '../store'
import classes from './Inspector.module.css'

const t = words.editor.inspector
const LATEST = 20

interface RunChoiceProps {
  shown: string | null
  /** Items of the loop around, null outside of one. */
  total: number | null
  index: number
  onIndex(index: number): void
}

/** Whose data is shown: the run, and within a loop the item. */
export function RunChoice({ shown, total, index, onIndex }: RunChoiceProps) {
  const dispatch = useDispatch()
  const workflow = useEditor((state) => state.saved.document.name)
  const runs = useInfiniteQuery(executionsQuery({ workflow }, LATEST))
  const now = useNow(10_000)
  const items = runs.data?.pages[0]?.items ?? []
  const data = items.map((run) => ({
    value: run.id,
    label: t.runName(
      shortId(run.id),
      run.version,
      words.status[run.status],
      formatRelative(run.created_at, now),
    ),
  }))
  if (shown !== null && !items.some((run) => run.id === shown)) {
    data.unshift({ value: shown, label: shortId(shown) })
  }
  return (
    <div className={classes.choice}>
      <Select
        size="xs"
        aria-label={t.run}
        className={classes.grow}
        data={data}
        value={shown}
        placeholder={data.length === 0 ? t.noRunsYet : t.chooseRun}
        disabled={data.length === 0}
        allowDeselect={false}
        onChange={(next) => dispatch(chooseExecution, next)}
      />
      {total !== null ? (
        <>
          <NumberInput
            size="xs"
            w={72}
            aria-label={t.item(total)}
            min={1}
            max={Math.max(1, total)}
            allowDecimal={false}
            value={index + 1}
            onChange={(next) => typeof next === 'number' && next >= 1 && onIndex(Math.min(total, next) - 1)}
          />
          <span className={classes.quiet}>{t.ofItems(total)}</span>
        </>
      ) : null}
    </div>
  )
}
