release:
	docker push registry.acme.example/app:1
