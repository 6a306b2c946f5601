/** Starting, steering and repeating a run. */
export const runControl = {
  dialogTitle: (name: string) => `Run ${name}`,
  dialogNoInputs: 'This workflow takes no inputs.',
  dialogVersion: (version: number) => `Runs version ${version}.`,
  dialogStart: 'Start run',
  dialogFailed: 'The run could not be started',
  dialogNotPublished:
    'No version of this workflow is published yet, so it cannot run. Publish it in the editor first.',

  again: 'Run again',
  steer: {
    cancel: { ask: 'Cancel run', asked: 'Cancelling', failed: 'The run could not be cancelled' },
    pause: { ask: 'Pause', asked: 'Pausing', failed: 'The run could not be paused' },
    resume: { ask: 'Resume', asked: 'Resuming', failed: 'The run could not be resumed' },
    retry: { ask: 'Retry what failed', asked: 'Retrying', failed: 'The run could not be retried' },
  },
  retryOther: 'Retry with other inputs',
  retryDialogTitle: 'Retry with other inputs',
  retryDialogNote:
    'Nodes that succeeded keep their results; the others run with these inputs. To run everything, use Run again.',
  retryDialogSubmit: 'Retry run',
  retryFrom: 'Retry from this node',
  openWorkflow: 'Open workflow',
}
