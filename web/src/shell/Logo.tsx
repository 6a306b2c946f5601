/** The mark: one voice in, two out. The same drawing as the page icon. */
export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#3b4cca" />
      <path
        d="M9.5 16h5M17.5 16 22 10.5M17.5 16 22 21.5"
        stroke="#fff"
        strokeWidth="2"
        strokeLinecap="round"
        opacity=".75"
        fill="none"
      />
      <circle cx="8.5" cy="16" r="3.2" fill="#fff" />
      <circle cx="16" cy="16" r="3.2" fill="#fff" />
      <circle cx="23.5" cy="9.5" r="3.2" fill="#fff" />
      <circle cx="23.5" cy="22.5" r="3.2" fill="#fff" />
    </svg>
  )
}
