import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { JsonPreview } from '~/runs/JsonPreview'
import classes from './RunPage.module.css'

const t = words.runs

/** What went into the run as a whole, and what came out. */
export function RunValues({ execution }: { execution: Execution }) {
  const hasInputs = Object.keys(execution.inputs).length > 0
  const hasOutputs = execution.outputs !== null && Object.keys(execution.outputs).length > 0
  return (
    <div className={classes.values}>
      <section aria-label={t.inputs}>
        <h2>{t.inputs}</h2>
        {hasInputs ? <JsonPreview value={execution.inputs} /> : <p>{t.noInputs}</p>}
      </section>
      <section aria-label={t.outputs}>
        <h2>{t.outputs}</h2>
        {hasOutputs ? (
          <JsonPreview value={execution.outputs} />
        ) : (
          <p>{isEnded(execution.status) ? t.noOutputs : t.outputsLater}</p>
        )}
      </section>
    </div>
  )
}
