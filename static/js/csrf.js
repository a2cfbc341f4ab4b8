// The token that says a request comes from our page; a log-in in another tab changes it.
export const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? '';
