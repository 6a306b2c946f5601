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
  againMore: 'Other ways to run it again',
  againThis: (version: number) => `Run version ${version} with other inputs`,
  replay: 'Replay',
  replayHelp: 'The same version with the same inputs, as if the same trigger had come again',
  replayFailed: 'The run could not be replayed',
  compare: 'Compare',
  comparePrevious: 'With the last run before it that succeeded',
  compareNone: 'No run before it has succeeded',
  compareChoose: 'With another run',
  more: 'More actions',
  retryFromOther: 'With other inputs',
  retryFromOtherHelp: 'Retry from this node with other inputs',
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
  retryDialogFrom: (node: string) =>
    `The node ${node} and all behind it run again with these inputs; the others keep their results.`,
  retryDialogSubmit: 'Retry run',
  retryFrom: 'Retry from this node',
  openWorkflow: 'Open in editor',
}
