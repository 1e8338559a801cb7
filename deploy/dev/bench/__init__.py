"""The load test: what each hot path costs against the bare parts it is made of."""
