"""Binary endpoints and responders: proportions, their comparison, and the marginal difference by standardization."""
