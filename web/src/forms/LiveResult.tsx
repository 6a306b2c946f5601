import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { words } from '~/i18n'
import { type Trying, useForm } from './context'
import classes from './forms.module.css'

const PAUSE_MS = 350
const t = words.editor.form

interface LiveResultProps {
  text: string
  /** Computed for each item of what comes in: the first one is shown. */
  perItem: boolean
  /** What is wrong with the text itself is said at the field already. */
  faulty: boolean
}

/** What an expression gives with the real data of the run, right under its field. */
export function LiveResult({ text, perItem, faulty }: LiveResultProps) {
  const { trying } = useForm()
  return trying && text.includes('{{') ? (
    <Result trying={trying} text={text} perItem={perItem} faulty={faulty} />
  ) : null
}

function Result({ trying, text, perItem, faulty }: LiveResultProps & { trying: Trying }) {
  const [settled] = useDebouncedValue(text, PAUSE_MS)
  const { data, isPending } = useQuery({
    queryKey: ['evaluate', trying.key, settled, perItem],
    queryFn: ({ signal }) => trying.evaluate(settled, perItem, signal),
    staleTime: 10_000,
    retry: false,
    placeholderData: keepPreviousData,
    enabled: /\{\{\s*\S/.test(settled) && settled.includes('}}'),
  })
  // An empty pair of braces is no mistake yet.
  if (!data || isPending || !/\{\{\s*[^\s}]/.test(settled)) return null
  if (data.error) {
    const { code, message, at } = data.error
    if (faulty) return null
    const quiet = code === 'evaluate.no_data'
    return (
      <div className={classes.result} data-tone={quiet ? 'quiet' : 'error'} role="status">
        {at !== null && at > 0 ? t.failsAt(message, at) : message}
      </div>
    )
  }
  return (
    <div className={classes.result} role="status" aria-label={t.wouldGive}>
      <span className={classes.kind}>{data.kind}</span>
      <span className={classes.preview}>{data.preview === '' ? '""' : data.preview}</span>
      {data.truncated ? '…' : null}
    </div>
  )
}
